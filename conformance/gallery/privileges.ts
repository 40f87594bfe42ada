import { chmodSync, chownSync } from "node:fs"
import { command } from "../lib/command.ts"
import { runtimePath } from "../lib/environment.ts"
import type { Chapter } from "./failure.ts"

const NOBODY = 65534
const USER_NAMESPACE = [{ type: "pid" }, { type: "mount" }, { type: "uts" }, { type: "ipc" }, { type: "network" }, { type: "user" }]

export const PRIVILEGES: Chapter = {
  heading: "Users, privileges and isolation",
  failures: [
    {
      name: "not-root", title: "A user other than root, with a limit above his own", learn: "which limit, and that it is not his to raise",
      config: { "/linux/cgroupsPath": "", "/process/rlimits": [{ type: "RLIMIT_NOFILE", soft: 900_000_000, hard: 900_000_000 }] },
      call: (box) => {
        chmodSync(box.folder, 0o777)
        const as = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"]
        return command([...as, runtimePath, ...box.logFlags, "--root", `${box.folder}/own`, "run", "--bundle", box.bundle, box.id])
      },
      broken: "nobody$ runts run web1",
      names: ["/process/rlimits/0", "RLIMIT_NOFILE"], remedy: /CAP_SYS_RESOURCE/,
    },
    {
      name: "maps-overlap", title: "Id mappings that overlap", learn: "which two",
      config: {
        "/linux/namespaces": USER_NAMESPACE,
        "/linux/uidMappings": [{ containerID: 0, hostID: 100000, size: 1000 }, { containerID: 500, hostID: 200000, size: 1000 }],
        "/linux/gidMappings": [{ containerID: 0, hostID: 100000, size: 65536 }],
      },
      names: ["/linux/uidMappings"],
    },
    {
      name: "maps-without-userns", title: "Id mappings without a user namespace", learn: "what to add",
      config: { "/linux/uidMappings": [{ containerID: 0, hostID: 100000, size: 65536 }] },
      names: ["/linux/uidMappings", "user"],
    },
    {
      name: "uid-not-mapped", title: "The process's user has no mapping", learn: "that its uid is outside of the mappings",
      config: {
        "/linux/namespaces": USER_NAMESPACE,
        "/linux/uidMappings": [{ containerID: 0, hostID: 100000, size: 1000 }],
        "/linux/gidMappings": [{ containerID: 0, hostID: 100000, size: 1000 }],
        "/process/user": { uid: 1000, gid: 0 },
      },
      prepare: (box) => chownSync(box.rootfs, 100000, 100000),
      names: ["/process/user/uid", "1000"],
    },
    {
      name: "unknown-action", title: "A seccomp action that does not exist", learn: "the actions that there are",
      config: { "/linux/seccomp": { defaultAction: "SCMP_ACT_DENY" } },
      names: ["/linux/seccomp/defaultAction", "SCMP_ACT_DENY"],
    },
    {
      name: "unknown-architecture", title: "A seccomp architecture that does not exist", learn: "the name that was meant",
      config: { "/linux/seccomp": { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_AMD64"] } },
      names: ["/linux/seccomp/architectures/0", "SCMP_ARCH_AMD64"],
    },
    {
      name: "seccomp-forbids-exec", title: "A seccomp profile without execve", learn: "that the filter refuses the program's own start",
      config: { "/linux/seccomp": { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: ["read", "write", "exit_group"], action: "SCMP_ACT_ALLOW" }] } },
      names: [/execve|exec/, "operation not permitted"],
    },
    {
      name: "no-apparmor", title: "An AppArmor profile on a machine without AppArmor", learn: "that it is the machine that lacks it",
      config: { "/process/apparmorProfile": "docker-default" },
      needs: ["no apparmor"],
      names: ["/process/apparmorProfile", "AppArmor"],
    },
    {
      name: "no-selinux", title: "An SELinux label on a machine without SELinux", learn: "that it is the machine that lacks it",
      config: { "/process/selinuxLabel": "system_u:system_r:container_t:s0:c1,c2" },
      needs: ["no selinux"],
      names: ["/process/selinuxLabel", "SELinux"],
    },
    {
      name: "device-without-numbers", title: "A device without its numbers", learn: "which member is missing",
      config: { "/linux/devices": [{ path: "/dev/fuse", type: "c" }] },
      names: ["/linux/devices/0", "major"],
    },
  ],
}
