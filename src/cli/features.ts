import { features } from "../host/features.ts"
import { print } from "./output.ts"

/** `runts features` */
export function main(): number {
  print(JSON.stringify(features(), null, 4) + "\n")
  return 0
}
