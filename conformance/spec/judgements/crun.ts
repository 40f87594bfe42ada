import type { Judgement } from "../peers.ts"

export const CRUN: readonly Judgement[] = []
