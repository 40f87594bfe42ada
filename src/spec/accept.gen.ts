// Made by scripts/generate.mjs from schemas/; do not edit.

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isInteger(value: unknown, minimum: number, maximum: number): boolean {
  return typeof value === "number" && value >= minimum && value <= maximum && Math.floor(value) === value
}

function isString(value: unknown): boolean {
  return typeof value === "string"
}

function isArray(value: unknown, isItem: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (!isItem(value[i])) return false
  return true
}

function isStrings(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "string") return false
  return true
}

function isMap(value: unknown, isMember: (member: unknown) => boolean): boolean {
  if (!isRecord(value)) return false
  for (const key in value) if (!isMember(value[key])) return false
  return true
}

/** Whether `value` is a valid Spec without nulls and without unknown keys. */
export function isSpec(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "ociVersion":
        if (typeof member !== "string") return false
        required++
        break
      case "root":
        if (!isRoot(member)) return false
        break
      case "mounts":
        if (!isArray(member, isMount)) return false
        break
      case "process":
        if (!isProcess(member)) return false
        break
      case "hostname":
      case "domainname":
        if (typeof member !== "string") return false
        break
      case "hooks":
        if (!isHooks(member)) return false
        break
      case "annotations":
        if (!isMap(member, isString)) return false
        break
      case "linux":
        if (!isLinux(member)) return false
        break
      case "solaris":
      case "windows":
      case "vm":
      case "zos":
      case "freebsd":
        if (!isRecord(member)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isRoot(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "path":
        if (typeof member !== "string") return false
        required++
        break
      case "readonly":
        if (typeof member !== "boolean") return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isMount(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "destination":
        if (typeof member !== "string") return false
        required++
        break
      case "source":
      case "type":
        if (typeof member !== "string") return false
        break
      case "options":
        if (!isStrings(member)) return false
        break
      case "uidMappings":
      case "gidMappings":
        if (!isArray(member, isIdMapping)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isIdMapping(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "containerID":
      case "hostID":
      case "size":
        if (!isInteger(member, 0, 4294967295)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 3
}

/** Whether `value` is a valid Process without nulls and without unknown keys. */
export function isProcess(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "terminal":
      case "noNewPrivileges":
        if (typeof member !== "boolean") return false
        break
      case "consoleSize":
        if (!isConsoleSize(member)) return false
        break
      case "cwd":
        if (typeof member !== "string") return false
        required++
        break
      case "env":
      case "args":
        if (!isStrings(member)) return false
        break
      case "commandLine":
      case "apparmorProfile":
      case "selinuxLabel":
        if (typeof member !== "string") return false
        break
      case "user":
        if (!isUser(member)) return false
        break
      case "capabilities":
        if (!isCapabilities(member)) return false
        break
      case "rlimits":
        if (!isArray(member, isRlimit)) return false
        break
      case "oomScoreAdj":
        if (!isInteger(member, -1000, 1000)) return false
        break
      case "scheduler":
        if (!isScheduler(member)) return false
        break
      case "ioPriority":
        if (!isIoPriority(member)) return false
        break
      case "execCPUAffinity":
        if (!isExecCpuAffinity(member)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isConsoleSize(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "height":
      case "width":
        if (!isInteger(member, 0, 65535)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 2
}

function isUser(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "uid":
      case "gid":
        if (!isInteger(member, 0, 4294967295)) return false
        break
      case "umask":
        if (!isInteger(member, 0, 511)) return false
        break
      case "additionalGids":
        if (!isArray(member, (item) => isInteger(item, 0, 4294967295))) return false
        break
      case "username":
        if (typeof member !== "string") return false
        break
      default:
        return false
    }
  }
  return true
}

function isCapabilities(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "bounding":
      case "effective":
      case "inheritable":
      case "permitted":
      case "ambient":
        if (!isStrings(member)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isRlimit(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "type":
        if (!isRlimitType(member)) return false
        required++
        break
      case "soft":
      case "hard":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 3
}

function isRlimitType(value: unknown): boolean {
  switch (value) {
    case "RLIMIT_AS":
    case "RLIMIT_CORE":
    case "RLIMIT_CPU":
    case "RLIMIT_DATA":
    case "RLIMIT_FSIZE":
    case "RLIMIT_LOCKS":
    case "RLIMIT_MEMLOCK":
    case "RLIMIT_MSGQUEUE":
    case "RLIMIT_NICE":
    case "RLIMIT_NOFILE":
    case "RLIMIT_NPROC":
    case "RLIMIT_RSS":
    case "RLIMIT_RTPRIO":
    case "RLIMIT_RTTIME":
    case "RLIMIT_SIGPENDING":
    case "RLIMIT_STACK":
      return true
  }
  return false
}

function isScheduler(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "policy":
        if (!isSchedulerPolicy(member)) return false
        required++
        break
      case "nice":
        if (!isInteger(member, -20, 19)) return false
        break
      case "priority":
        if (!isInteger(member, -2147483648, 2147483647)) return false
        break
      case "flags":
        if (!isArray(member, isSchedulerFlagsItem)) return false
        break
      case "runtime":
      case "deadline":
      case "period":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isSchedulerPolicy(value: unknown): boolean {
  switch (value) {
    case "SCHED_OTHER":
    case "SCHED_FIFO":
    case "SCHED_RR":
    case "SCHED_BATCH":
    case "SCHED_ISO":
    case "SCHED_IDLE":
    case "SCHED_DEADLINE":
      return true
  }
  return false
}

function isSchedulerFlagsItem(value: unknown): boolean {
  switch (value) {
    case "SCHED_FLAG_RESET_ON_FORK":
    case "SCHED_FLAG_RECLAIM":
    case "SCHED_FLAG_DL_OVERRUN":
    case "SCHED_FLAG_KEEP_POLICY":
    case "SCHED_FLAG_KEEP_PARAMS":
    case "SCHED_FLAG_UTIL_CLAMP_MIN":
    case "SCHED_FLAG_UTIL_CLAMP_MAX":
      return true
  }
  return false
}

function isIoPriority(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "class":
        if (!isIoPriorityClass(member)) return false
        required++
        break
      case "priority":
        if (!isInteger(member, 0, 7)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isIoPriorityClass(value: unknown): boolean {
  switch (value) {
    case "IOPRIO_CLASS_RT":
    case "IOPRIO_CLASS_BE":
    case "IOPRIO_CLASS_IDLE":
      return true
  }
  return false
}

function isExecCpuAffinity(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "initial":
      case "final":
        if (typeof member !== "string") return false
        break
      default:
        return false
    }
  }
  return true
}

function isHooks(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "prestart":
      case "createRuntime":
      case "createContainer":
      case "startContainer":
      case "poststart":
      case "poststop":
        if (!isArray(member, isHook)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isHook(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "path":
        if (typeof member !== "string") return false
        required++
        break
      case "args":
      case "env":
        if (!isStrings(member)) return false
        break
      case "timeout":
        if (!isInteger(member, 1, 2147483647)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isLinux(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "namespaces":
        if (!isArray(member, isNamespace)) return false
        break
      case "uidMappings":
      case "gidMappings":
        if (!isArray(member, isIdMapping)) return false
        break
      case "timeOffsets":
        if (!isMap(member, isTimeOffset)) return false
        break
      case "devices":
        if (!isArray(member, isDevice)) return false
        break
      case "netDevices":
        if (!isMap(member, isNetDevice)) return false
        break
      case "cgroupsPath":
      case "mountLabel":
        if (typeof member !== "string") return false
        break
      case "resources":
        if (!isLinuxResources(member)) return false
        break
      case "intelRdt":
        if (!isIntelRdt(member)) return false
        break
      case "memoryPolicy":
        if (!isMemoryPolicy(member)) return false
        break
      case "sysctl":
        if (!isMap(member, isString)) return false
        break
      case "seccomp":
        if (!isSeccomp(member)) return false
        break
      case "rootfsPropagation":
        if (!isLinuxRootfsPropagation(member)) return false
        break
      case "maskedPaths":
      case "readonlyPaths":
        if (!isStrings(member)) return false
        break
      case "personality":
        if (!isPersonality(member)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isNamespace(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "type":
        if (!isNamespaceType(member)) return false
        required++
        break
      case "path":
        if (typeof member !== "string") return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isNamespaceType(value: unknown): boolean {
  switch (value) {
    case "pid":
    case "network":
    case "mount":
    case "ipc":
    case "uts":
    case "user":
    case "cgroup":
    case "time":
      return true
  }
  return false
}

function isTimeOffset(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "secs":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        break
      case "nanosecs":
        if (!isInteger(member, 0, 999999999)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isDevice(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "type":
        if (!isDeviceType(member)) return false
        required++
        break
      case "path":
        if (typeof member !== "string") return false
        required++
        break
      case "major":
      case "minor":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        break
      case "fileMode":
      case "uid":
      case "gid":
        if (!isInteger(member, 0, 4294967295)) return false
        break
      default:
        return false
    }
  }
  return required === 2
}

function isDeviceType(value: unknown): boolean {
  switch (value) {
    case "c":
    case "b":
    case "u":
    case "p":
      return true
  }
  return false
}

function isNetDevice(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "name":
        if (typeof member !== "string") return false
        break
      default:
        return false
    }
  }
  return true
}

/** Whether `value` is a valid LinuxResources without nulls and without unknown keys. */
export function isLinuxResources(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "devices":
        if (!isArray(member, isDeviceRule)) return false
        break
      case "memory":
        if (!isLinuxMemory(member)) return false
        break
      case "cpu":
        if (!isLinuxCpu(member)) return false
        break
      case "pids":
        if (!isLinuxPids(member)) return false
        break
      case "blockIO":
        if (!isLinuxBlockIo(member)) return false
        break
      case "hugepageLimits":
        if (!isArray(member, isHugepageLimit)) return false
        break
      case "network":
        if (!isLinuxNetwork(member)) return false
        break
      case "rdma":
        if (!isMap(member, isRdmaLimit)) return false
        break
      case "unified":
        if (!isMap(member, isString)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isDeviceRule(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "allow":
        if (typeof member !== "boolean") return false
        required++
        break
      case "type":
        if (!isDeviceRuleType(member)) return false
        break
      case "major":
      case "minor":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        break
      case "access":
        if (typeof member !== "string") return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isDeviceRuleType(value: unknown): boolean {
  switch (value) {
    case "":
    case "a":
    case "c":
    case "b":
      return true
  }
  return false
}

function isLinuxMemory(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "limit":
      case "reservation":
      case "swap":
      case "kernel":
      case "kernelTCP":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        break
      case "swappiness":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        break
      case "disableOOMKiller":
      case "useHierarchy":
      case "checkBeforeUpdate":
        if (typeof member !== "boolean") return false
        break
      default:
        return false
    }
  }
  return true
}

function isLinuxCpu(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "shares":
      case "burst":
      case "period":
      case "realtimePeriod":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        break
      case "quota":
      case "realtimeRuntime":
      case "idle":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        break
      case "cpus":
      case "mems":
        if (typeof member !== "string") return false
        break
      default:
        return false
    }
  }
  return true
}

function isLinuxPids(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "limit":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isLinuxBlockIo(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "weight":
      case "leafWeight":
        if (!isInteger(member, 0, 65535)) return false
        break
      case "weightDevice":
        if (!isArray(member, isWeightDevice)) return false
        break
      case "throttleReadBpsDevice":
      case "throttleWriteBpsDevice":
      case "throttleReadIOPSDevice":
      case "throttleWriteIOPSDevice":
        if (!isArray(member, isThrottleDevice)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isWeightDevice(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "major":
      case "minor":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        required++
        break
      case "weight":
      case "leafWeight":
        if (!isInteger(member, 0, 65535)) return false
        break
      default:
        return false
    }
  }
  return required === 2
}

function isThrottleDevice(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "major":
      case "minor":
        if (!isInteger(member, -9223372036854776000, 9223372036854776000)) return false
        required++
        break
      case "rate":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 3
}

function isHugepageLimit(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "pageSize":
        if (typeof member !== "string") return false
        required++
        break
      case "limit":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 2
}

function isLinuxNetwork(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "classID":
        if (!isInteger(member, 0, 4294967295)) return false
        break
      case "priorities":
        if (!isArray(member, isInterfacePriority)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isInterfacePriority(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "name":
        if (typeof member !== "string") return false
        required++
        break
      case "priority":
        if (!isInteger(member, 0, 4294967295)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 2
}

function isRdmaLimit(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "hcaHandles":
      case "hcaObjects":
        if (!isInteger(member, 0, 4294967295)) return false
        break
      default:
        return false
    }
  }
  return true
}

function isIntelRdt(value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "closID":
      case "l3CacheSchema":
      case "memBwSchema":
        if (typeof member !== "string") return false
        break
      case "schemata":
        if (!isStrings(member)) return false
        break
      case "enableMonitoring":
      case "enableCMT":
      case "enableMBM":
        if (typeof member !== "boolean") return false
        break
      default:
        return false
    }
  }
  return true
}

function isMemoryPolicy(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "mode":
        if (!isMemoryPolicyMode(member)) return false
        required++
        break
      case "nodes":
        if (typeof member !== "string") return false
        break
      case "flags":
        if (!isArray(member, isMemoryPolicyFlagsItem)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isMemoryPolicyMode(value: unknown): boolean {
  switch (value) {
    case "MPOL_DEFAULT":
    case "MPOL_PREFERRED":
    case "MPOL_BIND":
    case "MPOL_INTERLEAVE":
    case "MPOL_LOCAL":
    case "MPOL_PREFERRED_MANY":
    case "MPOL_WEIGHTED_INTERLEAVE":
      return true
  }
  return false
}

function isMemoryPolicyFlagsItem(value: unknown): boolean {
  switch (value) {
    case "MPOL_F_NUMA_BALANCING":
    case "MPOL_F_RELATIVE_NODES":
    case "MPOL_F_STATIC_NODES":
      return true
  }
  return false
}

function isSeccomp(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "defaultAction":
        if (!isSeccompAction(member)) return false
        required++
        break
      case "defaultErrnoRet":
        if (!isInteger(member, 0, 4294967295)) return false
        break
      case "architectures":
        if (!isArray(member, isSeccompArch)) return false
        break
      case "flags":
        if (!isArray(member, isSeccompFlag)) return false
        break
      case "listenerPath":
      case "listenerMetadata":
        if (typeof member !== "string") return false
        break
      case "syscalls":
        if (!isArray(member, isSeccompSyscall)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isSeccompAction(value: unknown): boolean {
  switch (value) {
    case "SCMP_ACT_ALLOW":
    case "SCMP_ACT_ERRNO":
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_PROCESS":
    case "SCMP_ACT_KILL_THREAD":
    case "SCMP_ACT_LOG":
    case "SCMP_ACT_NOTIFY":
    case "SCMP_ACT_TRACE":
    case "SCMP_ACT_TRAP":
      return true
  }
  return false
}

function isSeccompArch(value: unknown): boolean {
  switch (value) {
    case "SCMP_ARCH_X86_64":
    case "SCMP_ARCH_X86":
    case "SCMP_ARCH_X32":
    case "SCMP_ARCH_AARCH64":
    case "SCMP_ARCH_ARM":
    case "SCMP_ARCH_MIPS":
    case "SCMP_ARCH_MIPS64":
    case "SCMP_ARCH_MIPS64N32":
    case "SCMP_ARCH_MIPSEL":
    case "SCMP_ARCH_MIPSEL64":
    case "SCMP_ARCH_MIPSEL64N32":
    case "SCMP_ARCH_PPC":
    case "SCMP_ARCH_PPC64":
    case "SCMP_ARCH_PPC64LE":
    case "SCMP_ARCH_S390":
    case "SCMP_ARCH_S390X":
    case "SCMP_ARCH_PARISC":
    case "SCMP_ARCH_PARISC64":
    case "SCMP_ARCH_RISCV64":
    case "SCMP_ARCH_LOONGARCH64":
    case "SCMP_ARCH_M68K":
    case "SCMP_ARCH_SH":
    case "SCMP_ARCH_SHEB":
      return true
  }
  return false
}

function isSeccompFlag(value: unknown): boolean {
  switch (value) {
    case "SECCOMP_FILTER_FLAG_TSYNC":
    case "SECCOMP_FILTER_FLAG_LOG":
    case "SECCOMP_FILTER_FLAG_SPEC_ALLOW":
    case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
      return true
  }
  return false
}

function isSeccompSyscall(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "names":
        if (!isStrings(member)) return false
        required++
        break
      case "action":
        if (!isSeccompAction(member)) return false
        required++
        break
      case "errnoRet":
        if (!isInteger(member, 0, 4294967295)) return false
        break
      case "args":
        if (!isArray(member, isSeccompArg)) return false
        break
      default:
        return false
    }
  }
  return required === 2
}

function isSeccompArg(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "index":
        if (!isInteger(member, 0, 5)) return false
        required++
        break
      case "value":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        required++
        break
      case "valueTwo":
        if (!isInteger(member, 0, 18446744073709552000)) return false
        break
      case "op":
        if (!isSeccompOperator(member)) return false
        required++
        break
      default:
        return false
    }
  }
  return required === 3
}

function isSeccompOperator(value: unknown): boolean {
  switch (value) {
    case "SCMP_CMP_NE":
    case "SCMP_CMP_LT":
    case "SCMP_CMP_LE":
    case "SCMP_CMP_EQ":
    case "SCMP_CMP_GE":
    case "SCMP_CMP_GT":
    case "SCMP_CMP_MASKED_EQ":
      return true
  }
  return false
}

function isLinuxRootfsPropagation(value: unknown): boolean {
  switch (value) {
    case "":
    case "shared":
    case "rshared":
    case "slave":
    case "rslave":
    case "private":
    case "rprivate":
    case "unbindable":
    case "runbindable":
      return true
  }
  return false
}

function isPersonality(value: unknown): boolean {
  if (!isRecord(value)) return false
  let required = 0
  for (const key in value) {
    const member = value[key]
    switch (key) {
      case "domain":
        if (!isPersonalityDomain(member)) return false
        required++
        break
      case "flags":
        if (!isStrings(member)) return false
        break
      default:
        return false
    }
  }
  return required === 1
}

function isPersonalityDomain(value: unknown): boolean {
  switch (value) {
    case "LINUX":
    case "LINUX32":
      return true
  }
  return false
}
