import { controllers, environment, securityModule, underUml, unified } from "./environment.ts"

/**
 * `v2`: /sys/fs/cgroup is cgroup2; `controllers`: cpu, io, memory and pids are among its controllers. `selinux`: a kernel of its own, whose
 * policy a test may replace.
 */
export type Need = "v2" | "controllers" | "no controllers" | "time namespace" | "hybrid" | "apparmor" | "no apparmor" | "selinux" | "no selinux"

/** Whether this environment has what a test needs. */
export function has(need: Need): boolean {
  if (need === "v2") return unified
  if (need === "hybrid") return !unified
  if (need === "apparmor") return securityModule === "apparmor"
  if (need === "no apparmor") return securityModule !== "apparmor"
  if (need === "selinux") return securityModule === "selinux" && environment === "uml"
  if (need === "no selinux") return securityModule !== "selinux"
  if (need === "no controllers") return !has("controllers")
  if (need === "controllers") return ["cpu", "io", "memory", "pids"].every((name) => controllers.includes(name))
  return !underUml // its kernel is built without time namespaces
}
