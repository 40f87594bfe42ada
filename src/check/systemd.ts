import { UnitMaker } from "../host/cgroup/systemd.ts"
import type { CgroupLayout } from "../host/cgroup/layout.ts"
import type { CgroupRecord } from "../host/cgroup/record.ts"
import { unitNames } from "../host/cgroup/systemd-names.ts"
import { systemdProperties } from "../spec/systemd-annotations.ts"
import type { Spec } from "../spec/types.gen.ts"
import type { Findings } from "./finding.ts"

/** Stands for the container's name, which nobody knows yet. */
const SOME_ID = "check"
const POINTER = "/linux/cgroupsPath"

/** What the systemd driver reads in a config. */
export function checkUnit({ linux, annotations }: Spec, findings: Findings): void {
  findings.attempt({ code: "cgroup-path-invalid", pointer: POINTER }, () => unitNames(linux?.cgroupsPath, SOME_ID, "system.slice"))
  findings.attempt({ code: "config-rule", pointer: "/annotations" }, () => systemdProperties({ ...(annotations === undefined ? {} : { annotations }) }))
}

/** Where the container's unit would be. systemd is asked for no more than that. @returns undefined where there can be none */
export function unitCgroups({ linux }: Spec, layout: CgroupLayout, findings: Findings): CgroupRecord | undefined {
  const maker = findings.attempt({ code: "systemd-unavailable", pointer: POINTER }, () => UnitMaker.open(layout, linux?.cgroupsPath, SOME_ID, undefined))
  maker?.close()
  return maker?.record
}
