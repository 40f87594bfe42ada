import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, type Result, said } from "../../conformance/lib/command.ts"
import { checkout, environment, runtimePath, scratch, securityModule } from "../../conformance/lib/environment.ts"
import { mountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

// Of the policy, and of what it can and cannot show: conformance/rigs/selinux.cil. It is enforced here.
const RUNTIME = "system_u:system_r:runtime_t:s0-s0:c0.c2"
const CONTAINER = "system_u:system_r:container_t:s0:c1,c2"
const OTHER = "system_u:system_r:container_t:s0:c0"
const FILES = "system_u:object_r:container_file_t:s0:c1,c2"
const HOST_FILES = "system_u:object_r:host_file_t:s0"
/** A file that the policy labels secret_t, which container_t may not read. */
const SECRET = "/proc/sys/kernel/ostype"
const PYTHON = "/usr/bin/python3"

/** Text without the NUL that the kernel ends a label with. */
const plain = (text: string): string => text.replaceAll("\0", "").trim()

const labelOf = (pid: number): string => plain(readFileSync(`/proc/${pid}/attr/current`, "utf8"))

/** The label of a file, asked from outside of the container. */
function fileLabel(path: string): string {
  const script = "import os, sys; print(os.getxattr(sys.argv[1], 'security.selinux').decode())"
  return plain(expectSuccess(command([PYTHON, "-c", script, path])).stdout)
}

/** File system options of a mount in the container of that process, as the kernel shows them. */
function mountOptions(pid: number, target: string): string {
  return mountinfo(pid).find((entry) => entry.target === target)?.superOptions.join() ?? "not mounted"
}

const needs = ["selinux"] as const
const label = (box: Box, text = CONTAINER): Box => {
  box.config.process.selinuxLabel = text
  return box
}

/** The process sees its label and cannot read what that may not. */
function isConfined(t: Test, result: Result, text = CONTAINER): void {
  t.equal(plain(result.stdout), text)
  t.match(result.stderr, /ostype.*Permission denied/)
}

const SHOW = `cat /proc/self/attr/current; cat ${SECRET}`

/** User Mode Linux has none yet at this point. */
const noPolicy = environment === "uml" ? [] : (["no selinux"] as const)

boxTest("without a policy a label would not hold: refused [/process/selinuxLabel] [/linux/mountLabel] [exec --process-label]",
  { needs: noPolicy, skipFor: { crun: "leaves labels out", runc: "says it otherwise of mountLabel" } }, async (t, box) => {
    const refusal = /label "[^"]+" is specified, but SELinux is disabled/
    const failed = label(box).args("/bin/true").tryCreate()
    t.not(failed.code, 0)
    t.match(said(failed), refusal)
    t.match(said(failed), "at /process/selinuxLabel")
    delete box.config.process.selinuxLabel
    box.config.linux.mountLabel = FILES
    t.match(said(box.tryCreate()), /SELinux is disabled.*at \/linux\/mountLabel/)
    delete box.config.linux.mountLabel
    await box.launch("/bin/sleep", "1000")
    const refused = box.exec(["/bin/true"], ["--process-label", CONTAINER])
    t.equal(refused.code, 255)
    t.match(said(refused), refusal)
  })

const ownKernel = securityModule === "selinux" && environment === "uml"

t.test("a policy of our own is loaded and enforced", { skip: ownKernel ? false : "no kernel of its own with SELinux" }, (t) => {
  const policy = `${scratch}/policy`
  expectSuccess(command(["secilc", "-c", "33", "-o", policy, "-f", "/dev/null", `${checkout}/conformance/rigs/selinux.cil`]))
  writeFileSync("/sys/fs/selinux/load", readFileSync(policy))
  writeFileSync("/sys/fs/selinux/enforce", "1")
  t.equal(labelOf(process.pid), RUNTIME)
  t.end()
})

for (const noNewPrivileges of [true, false]) {
  boxTest(`the label holds from the program's first instruction, noNewPrivileges ${noNewPrivileges} [/process/selinuxLabel]`,
    { needs }, (t, box) => {
      box.config.process.noNewPrivileges = noNewPrivileges
      isConfined(t, label(box).script(SHOW).run())
    })
}

boxTest("a created container's init has the runtime's label, a started one its own [/process/selinuxLabel]", { needs },
  (t, box) => {
    label(box).args("/bin/sleep", "1000").create()
    t.equal(labelOf(box.pid), RUNTIME)
    box.start()
    t.equal(labelOf(box.pid), CONTAINER)
  })

boxTest("the label holds for another user, and in a user namespace [/process/selinuxLabel]", { needs }, async (t, box) => {
  box.mapIds()
  box.config.process.user = { uid: 1000, gid: 1000 }
  await label(box).launch("/bin/sleep", "1000")
  t.equal(labelOf(box.pid), CONTAINER)
  isConfined(t, box.exec(["/bin/sh", "-c", SHOW]))
})

boxTest("exec takes the container's label, or its own [exec --process-label] [exec --process]",
  { needs, skipFor: { crun: "1.8 takes an empty label for one" } }, async (t, box) => {
    await label(box).launch("/bin/sleep", "1000")
    isConfined(t, box.exec(["/bin/sh", "-c", SHOW]))
    isConfined(t, box.exec(["/bin/sh", "-c", SHOW], ["--process-label", OTHER]), OTHER)
    const file = `${box.folder}/process.json`
    const args = ["/bin/cat", "/proc/self/attr/current"]
    for (const [selinuxLabel, expected] of [[OTHER, OTHER], ["", CONTAINER]]) {
      writeFileSync(file, JSON.stringify({ ...box.config.process, selinuxLabel, args }))
      t.equal(plain(expectSuccess(box.call(["exec", "--process", file, box.id])).stdout), expected)
    }
  })

boxTest("startContainer hooks, which the image brings, have the label; the host's have not [/hooks/startContainer/*/path]",
  { needs }, (t, box) => {
    const show = (file: string): string[] => ["sh", "-c", `cat /proc/self/attr/current >${file}`]
    const hook = (file: string) => ({ path: "/bin/sh", args: show(file), env: ["PATH=/bin"] })
    box.config.hooks = { createRuntime: [hook(`${box.folder}/host`)], startContainer: [hook("/inside")] }
    expectSuccess(label(box).args("/bin/true").run())
    t.equal(plain(readFileSync(`${box.rootfs}/inside`, "utf8")), CONTAINER)
    t.equal(plain(readFileSync(`${box.folder}/host`, "utf8")), RUNTIME)
  })

/** keyctl(2), KEYCTL_GET_SECURITY (17) of the session keyring (-3). */
const KEYRING = `
import ctypes, platform
buffer = ctypes.create_string_buffer(256)
size = ctypes.CDLL(None).syscall({"x86_64": 250}.get(platform.machine(), 219), 17, -3, buffer, 256)
print(buffer.value.decode() if size > 0 else size)
`

boxTest("the session keyring has the process's label [/process/selinuxLabel]", { needs }, (t, box) => {
  box.config.mounts.push({ destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"] })
  for (const name of ["lib", "lib64"]) symlinkSync(`usr/${name}`, `${box.rootfs}/${name}`)
  const run = expectSuccess(label(box).args(PYTHON, "-c", KEYRING).run())
  t.equal(plain(run.stdout), CONTAINER)
})

boxTest("mountLabel labels new file systems, if not the policy does [/linux/mountLabel]", { needs }, async (t, box) => {
  box.config.mounts.push({ destination: "/dev/mqueue", type: "mqueue", source: "mqueue" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] })
  // a comma in an option takes the old mount(2)
  box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["mode=755,size=64k"] })
  box.config.linux.mountLabel = FILES
  await label(box).launch("/bin/sh", "-c", "echo new >/dev/shm/file; echo new >/tmp/file; exec sleep 1000")
  const root = `/proc/${box.pid}/root`
  for (const path of ["/dev", "/dev/null", "/dev/pts", "/dev/pts/ptmx", "/dev/shm/file", "/dev/mqueue", "/mnt"]) {
    t.equal(fileLabel(root + path), FILES, path)
  }
  for (const target of ["/dev", "/dev/pts", "/dev/shm", "/mnt"]) {
    t.match(mountOptions(box.pid, target), `context="${FILES}"`, target)
  }
  for (const path of ["/sys", "/sys/kernel", "/sys/fs/cgroup"]) t.equal(fileLabel(root + path), HOST_FILES, path)
  t.match(fileLabel(`${root}/tmp/file`), "host_file_t", "what is in the root filesystem keeps its label")
  for (const target of ["/proc", "/sys", "/sys/fs/cgroup"]) t.notMatch(mountOptions(box.pid, target), "context=", target)
})

boxTest("mountLabel labels the empty folder that masks others [/linux/mountLabel]", { needs }, async (t, box) => {
  mkdirSync(`${box.rootfs}/masked`)
  box.config.linux.maskedPaths = ["/masked"]
  box.config.linux.mountLabel = FILES
  await label(box).launch("/bin/sleep", "1000")
  t.equal(fileLabel(`/proc/${box.pid}/root/masked`), FILES)
})

boxTest("mountLabel in a user namespace [/linux/mountLabel]", { needs }, async (t, box) => {
  box.mapIds()
  box.config.linux.mountLabel = FILES
  await label(box).launch("/bin/sleep", "1000")
  for (const path of ["/dev", "/dev/pts", "/dev/shm"]) t.equal(fileLabel(`/proc/${box.pid}/root${path}`), FILES, path)
})

for (const type of ["fscontext", "defcontext", "rootcontext"]) {
  boxTest(`mountLabel as ${type} [annotation run.oci.mount_context_type]`,
    { needs, skipFor: { runc: "does not know the annotation", crun: "does not name it in errors" } }, async (t, box) => {
      box.config.annotations = { "run.oci.mount_context_type": type }
      box.config.linux.mountLabel = FILES
      // the kernel takes defcontext only of file systems that keep labels on disk
      if (type === "defcontext") {
        const failed = box.tryCreate()
        t.not(failed.code, 0)
        t.match(said(failed), `defcontext="${FILES}"`)
        return
      }
      await label(box).launch("/bin/sleep", "1000")
      t.match(mountOptions(box.pid, "/dev/shm"), `${type}="${FILES}"`)
      t.notMatch(mountOptions(box.pid, "/dev/shm"), /(^|,)context=/)
    })
}

boxTest("a way to label mounts that is none [annotation run.oci.mount_context_type]",
  { needs, skipFor: { runc: "does not know the annotation", crun: "leaves it to the kernel" } }, (t, box) => {
    box.config.annotations = { "run.oci.mount_context_type": "nocontext" }
    box.config.linux.mountLabel = FILES
    const failed = box.tryCreate()
    t.not(failed.code, 0)
    const why = /"nocontext" is not one of context, fscontext, defcontext, rootcontext.*annotations\/run.oci.mount_context_type/
    t.match(said(failed), why)
  })

const refused = "gives both to the kernel, which refuses"

boxTest("a mount's own context comes before mountLabel [/linux/mountLabel] [/mounts/*/options]",
  { needs, skipFor: { runc: refused, crun: refused } }, async (t, box) => {
    const own = FILES.replace("c1,c2", "c0,c1")
    box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=64k", `context="${own}"`] })
    box.config.linux.mountLabel = FILES
    await label(box).launch("/bin/sleep", "1000")
    t.equal(fileLabel(`/proc/${box.pid}/root/mnt`), FILES.replace("c1,c2", "c0,c1"))
    t.equal(fileLabel(`/proc/${box.pid}/root/dev`), FILES)
  })

boxTest("a label that the policy does not have is named, and nothing is left [/process/selinuxLabel] [/linux/mountLabel]",
  { needs, skipFor: { crun: "does not name it" } }, async (t, box) => {
    const unknown = "system_u:system_r:no_such_t:s0"
    const failed = label(box, unknown).args("/bin/true").tryCreate()
    t.not(failed.code, 0)
    t.match(said(failed), /invalid argument/i)
    box.config.linux.mountLabel = unknown
    const mount = label(box).args("/bin/true").tryCreate()
    t.not(mount.code, 0)
    t.match(said(mount), /dev.*no_such_t.*invalid argument/i)
    delete box.config.linux.mountLabel
    await label(box).launch("/bin/sleep", "1000")
    const refused = box.exec(["/bin/true"], ["--process-label", unknown])
    t.equal(refused.code, 255)
    t.equal(box.state().status, "running")
  })

boxTest("doctor tells whether SELinux enforces its policy [doctor]", { needs, skipFor: { runc: "has no doctor", crun: "has no doctor" } }, (t) => {
  const selinux = (): { state: string; found: string } | undefined => {
    const { abilities } = JSON.parse(command([runtimePath, "doctor", "--format", "json"]).stdout) as { abilities: { id: string; state: string; found: string }[] }
    return abilities.find(({ id }) => id === "selinux")
  }
  const enforcing = readFileSync("/sys/fs/selinux/enforce", "utf8")
  t.match(selinux(), enforcing === "1" ? { state: "present", found: "enforcing" } : { state: "limited", found: "permissive" })
})
