import t from "tap"
import { sysctlFault, sysctlPath } from "../../../src/spec/sysctl.ts"

const NONE = { ipc: false, network: false, uts: false, user: false }
const ALL = { ipc: true, network: true, uts: true, user: true }

t.test("sysctlPath: the first separator separates, the other one is part of names", (t) => {
  for (const [name, path] of [
    ["net.ipv4.ip_forward", "net/ipv4/ip_forward"],
    ["net/ipv4/ip_forward", "net/ipv4/ip_forward"],
    ["net.ipv4.conf.eno2/100.rp_filter", "net/ipv4/conf/eno2.100/rp_filter"],
    ["net/ipv4/conf/eno2.100/rp_filter", "net/ipv4/conf/eno2.100/rp_filter"],
    ["single", "single"],
  ] as const) t.equal(sysctlPath(name), path, name)
  t.end()
})

t.test("sysctlPath: names that leave /proc/sys have none", (t) => {
  for (const name of ["", ".", "/", "..", "net..x", "net/../kernel/x", "net.//.kernel", "/etc/passwd",
    ".net.x", "net.x.", "net/./x", "net/.."]) {
    t.equal(sysctlPath(name), undefined, JSON.stringify(name))
    t.equal(sysctlFault(name, ALL), "is not a name below /proc/sys")
  }
  t.end()
})

t.test("sysctlFault: each group needs its namespace", (t) => {
  const groups = {
    ipc: ["kernel.msgmax", "kernel/msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
      "kernel.shm_rmid_forced", "fs.mqueue.queues_max", "fs/mqueue/msg_max"],
    network: ["net.core.somaxconn", "net/ipv4/tcp_syncookies"],
    uts: ["kernel.domainname", "kernel/domainname"],
    user: ["user.max_user_namespaces"],
  }
  for (const [type, names] of Object.entries(groups)) {
    for (const name of names) {
      t.equal(sysctlFault(name, { ...NONE, [type]: true }), undefined, `${name} with ${type}`)
      t.match(sysctlFault(name, { ...ALL, [type]: false }), new RegExp(`^needs an? ${type} namespace`), `${name} without`)
    }
  }
  t.end()
})

t.test("sysctlFault: what belongs to no namespace is refused, kernel.hostname always", (t) => {
  for (const name of ["vm.swappiness", "kernel.core_pattern", "kernel.shmx", "kernel.sem.x", "fs.file-max", "network.x", "kernel",
    "fs.mqueue"]) {
    t.equal(sysctlFault(name, ALL), "does not belong to a namespace, so it would change the host", name)
  }
  for (const name of ["kernel.hostname", "kernel/hostname"]) t.equal(sysctlFault(name, ALL), "is refused; set hostname instead")
  t.end()
})
