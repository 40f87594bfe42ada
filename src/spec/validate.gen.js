// Made by scripts/generate.mjs from schemas/; do not edit.

export function makeValidators() {
const exports = {}
"use strict";
exports.Spec = validate52;
const schema19 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"config.schema.json","title":"Spec","description":"config.json (runtime-spec 1.3.0): Linux in full, other platforms unread; a null optional member is an absent one.","type":"object","required":["ociVersion"],"properties":{"ociVersion":{"type":"string","description":"Version of the runtime specification the bundle was written for (config.md, Specification version)."},"root":{"$ref":"#/$defs/Root"},"mounts":{"type":"array","items":{"$ref":"#/$defs/Mount"},"description":"Mounted in this order on top of the root (config.md, Mounts)."},"process":{"$ref":"#/$defs/Process"},"hostname":{"type":"string","description":"Host name inside the container's UTS namespace."},"domainname":{"type":"string","description":"NIS domain name inside the container's UTS namespace."},"hooks":{"$ref":"#/$defs/Hooks"},"annotations":{"$ref":"#/$defs/strings","description":"Metadata; a few names have a meaning for runtimes, all are shown by `state`."},"linux":{"$ref":"#/$defs/Linux"},"solaris":{"$ref":"#/$defs/foreign"},"windows":{"$ref":"#/$defs/foreign"},"vm":{"$ref":"#/$defs/foreign"},"zos":{"$ref":"#/$defs/foreign"},"freebsd":{"$ref":"#/$defs/foreign"}},"$defs":{"int32":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"int64":{"type":"integer","minimum":-9223372036854776000,"maximum":9223372036854776000,"description":"Read as a double: exact up to 2^53, beyond it rounded to a multiple of at most 2048, which no limit notices."},"uint16":{"type":"integer","minimum":0,"maximum":65535},"uint32":{"type":"integer","minimum":0,"maximum":4294967295},"uint64":{"type":"integer","minimum":0,"maximum":18446744073709552000,"description":"Read as a double: exact up to 2^53, beyond it rounded to a multiple of at most 4096, which no limit notices."},"exactUint64":{"type":"integer","minimum":0,"maximum":18446744073709552000,"description":"Every bit counts: a bigint where a double does not hold it."},"strings":{"type":"object","additionalProperties":{"type":"string"}},"foreign":{"type":"object","description":"Another platform's part; not read."},"Root":{"description":"The container's root file system (config.md, Root).","type":"object","required":["path"],"properties":{"path":{"type":"string","description":"Absolute, or relative to the bundle."},"readonly":{"type":"boolean"}},"propertyNames":{"enum":["path","readonly"]}},"Mount":{"description":"One mount (config.md, Mounts).","type":"object","required":["destination"],"properties":{"destination":{"type":"string","description":"Path inside the container."},"source":{"type":"string","description":"Device, or for bind mounts a path: absolute, or relative to the bundle."},"type":{"type":"string","description":"File system type; bind mounts are recognised by their options."},"options":{"type":"array","items":{"type":"string"},"description":"As in fstab(5); what is not known is passed to the file system."},"uidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}},"gidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}}},"propertyNames":{"enum":["destination","source","type","options","uidMappings","gidMappings"]}},"IdMapping":{"description":"A range of user or group ids (config-linux.md, User namespace mappings).","type":"object","required":["containerID","hostID","size"],"properties":{"containerID":{"$ref":"#/$defs/uint32","description":"First id inside."},"hostID":{"$ref":"#/$defs/uint32","description":"First id outside."},"size":{"$ref":"#/$defs/uint32","description":"Number of ids."}},"propertyNames":{"enum":["containerID","hostID","size"]}},"Process":{"description":"The container's process, or one that joins it (config.md, Process).","type":"object","required":["cwd"],"properties":{"terminal":{"type":"boolean","description":"Whether a pseudo-terminal is the process's stdio."},"consoleSize":{"$ref":"#/$defs/ConsoleSize"},"cwd":{"type":"string","description":"Working directory, an absolute path inside the container."},"env":{"type":"array","items":{"type":"string"},"description":"NAME=value each."},"args":{"type":"array","items":{"type":"string"},"description":"argv of execve(2)."},"commandLine":{"type":"string","description":"Windows only; not read."},"user":{"$ref":"#/$defs/User","default":{}},"capabilities":{"$ref":"#/$defs/Capabilities"},"rlimits":{"type":"array","items":{"$ref":"#/$defs/Rlimit"}},"noNewPrivileges":{"type":"boolean"},"apparmorProfile":{"type":"string"},"selinuxLabel":{"type":"string"},"oomScoreAdj":{"type":"integer","minimum":-1000,"maximum":1000,"description":"proc(5), /proc/PID/oom_score_adj."},"scheduler":{"$ref":"#/$defs/Scheduler"},"ioPriority":{"$ref":"#/$defs/IoPriority"},"execCPUAffinity":{"$ref":"#/$defs/ExecCpuAffinity"}},"propertyNames":{"enum":["terminal","consoleSize","cwd","env","args","commandLine","user","capabilities","rlimits","noNewPrivileges","apparmorProfile","selinuxLabel","oomScoreAdj","scheduler","ioPriority","execCPUAffinity"]}},"ConsoleSize":{"description":"Size of the terminal in characters.","type":"object","required":["height","width"],"properties":{"height":{"$ref":"#/$defs/uint16"},"width":{"$ref":"#/$defs/uint16"}},"propertyNames":{"enum":["height","width"]}},"User":{"description":"The process's credentials (config.md, POSIX-platform User).","type":"object","properties":{"uid":{"$ref":"#/$defs/uint32","default":0,"description":"As seen inside; 0 if missing, as runc reads it."},"gid":{"$ref":"#/$defs/uint32","default":0,"description":"As seen inside; 0 if missing, as runc reads it."},"umask":{"type":"integer","minimum":0,"maximum":511},"additionalGids":{"type":"array","items":{"$ref":"#/$defs/uint32"}},"username":{"type":"string","description":"Windows only; not read."}},"propertyNames":{"enum":["uid","gid","umask","additionalGids","username"]}},"Capabilities":{"description":"capabilities(7) sets, names as CAP_CHOWN. Names that are not known are skipped with a warning.","type":"object","properties":{"bounding":{"type":"array","items":{"type":"string"}},"effective":{"type":"array","items":{"type":"string"}},"inheritable":{"type":"array","items":{"type":"string"}},"permitted":{"type":"array","items":{"type":"string"}},"ambient":{"type":"array","items":{"type":"string"}}},"propertyNames":{"enum":["bounding","effective","inheritable","permitted","ambient"]}},"Rlimit":{"description":"A pair of resource limits, getrlimit(2).","type":"object","required":["type","soft","hard"],"properties":{"type":{"enum":["RLIMIT_AS","RLIMIT_CORE","RLIMIT_CPU","RLIMIT_DATA","RLIMIT_FSIZE","RLIMIT_LOCKS","RLIMIT_MEMLOCK","RLIMIT_MSGQUEUE","RLIMIT_NICE","RLIMIT_NOFILE","RLIMIT_NPROC","RLIMIT_RSS","RLIMIT_RTPRIO","RLIMIT_RTTIME","RLIMIT_SIGPENDING","RLIMIT_STACK"]},"soft":{"$ref":"#/$defs/exactUint64"},"hard":{"$ref":"#/$defs/exactUint64","description":"18446744073709551615 is RLIM_INFINITY."}},"propertyNames":{"enum":["type","soft","hard"]}},"Scheduler":{"description":"sched_setattr(2); runtime, deadline and period in nanoseconds.","type":"object","required":["policy"],"properties":{"policy":{"enum":["SCHED_OTHER","SCHED_FIFO","SCHED_RR","SCHED_BATCH","SCHED_ISO","SCHED_IDLE","SCHED_DEADLINE"]},"nice":{"type":"integer","minimum":-20,"maximum":19},"priority":{"$ref":"#/$defs/int32"},"flags":{"type":"array","items":{"enum":["SCHED_FLAG_RESET_ON_FORK","SCHED_FLAG_RECLAIM","SCHED_FLAG_DL_OVERRUN","SCHED_FLAG_KEEP_POLICY","SCHED_FLAG_KEEP_PARAMS","SCHED_FLAG_UTIL_CLAMP_MIN","SCHED_FLAG_UTIL_CLAMP_MAX"]}},"runtime":{"$ref":"#/$defs/uint64"},"deadline":{"$ref":"#/$defs/uint64"},"period":{"$ref":"#/$defs/uint64"}},"propertyNames":{"enum":["policy","nice","priority","flags","runtime","deadline","period"]}},"IoPriority":{"description":"ioprio_set(2).","type":"object","required":["class"],"properties":{"class":{"enum":["IOPRIO_CLASS_RT","IOPRIO_CLASS_BE","IOPRIO_CLASS_IDLE"]},"priority":{"type":"integer","minimum":0,"maximum":7}},"propertyNames":{"enum":["class","priority"]}},"ExecCpuAffinity":{"description":"CPUs of a process that joins the container, as lists like 0-3,7: before and after it enters the container's cgroup.","type":"object","properties":{"initial":{"type":"string"},"final":{"type":"string"}},"propertyNames":{"enum":["initial","final"]}},"Hooks":{"description":"Programs run at points of the container's life (config.md, POSIX-platform Hooks).","type":"object","properties":{"prestart":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Deprecated, still used by engines: runtime's namespaces, during create."},"createRuntime":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Runtime's namespaces, during create, before pivot_root."},"createContainer":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Container's namespaces, during create, before pivot_root."},"startContainer":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Container's namespaces and root, during start."},"poststart":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Runtime's namespaces, after the user's process started."},"poststop":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Runtime's namespaces, after the container is deleted."}},"propertyNames":{"enum":["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]}},"Hook":{"description":"One hook.","type":"object","required":["path"],"properties":{"path":{"type":"string","description":"Absolute path of the program."},"args":{"type":"array","items":{"type":"string"},"description":"argv, argv[0] included."},"env":{"type":"array","items":{"type":"string"}},"timeout":{"type":"integer","minimum":1,"maximum":2147483647,"description":"Seconds."}},"propertyNames":{"enum":["path","args","env","timeout"]}},"Linux":{"description":"What only Linux has (config-linux.md).","type":"object","properties":{"namespaces":{"type":"array","items":{"$ref":"#/$defs/Namespace"}},"uidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}},"gidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}},"timeOffsets":{"type":"object","additionalProperties":{"$ref":"#/$defs/TimeOffset"},"description":"By clock: monotonic, boottime."},"devices":{"type":"array","items":{"$ref":"#/$defs/Device"}},"netDevices":{"type":"object","additionalProperties":{"$ref":"#/$defs/NetDevice"},"description":"Host network devices that move into the container, by name."},"cgroupsPath":{"type":"string","description":"Path below the cgroup mounts, or slice:prefix:name with systemd."},"resources":{"$ref":"#/$defs/LinuxResources"},"intelRdt":{"$ref":"#/$defs/IntelRdt"},"memoryPolicy":{"$ref":"#/$defs/MemoryPolicy"},"sysctl":{"$ref":"#/$defs/strings","description":"Kernel parameters of the container's namespaces."},"seccomp":{"$ref":"#/$defs/Seccomp"},"rootfsPropagation":{"enum":["","shared","rshared","slave","rslave","private","rprivate","unbindable","runbindable"],"description":"Propagation of the root mount; empty is unset."},"maskedPaths":{"type":"array","items":{"type":"string"},"description":"Absolute paths made unreadable."},"readonlyPaths":{"type":"array","items":{"type":"string"},"description":"Absolute paths made read-only."},"mountLabel":{"type":"string","description":"SELinux context of the mounts."},"personality":{"$ref":"#/$defs/Personality"}},"propertyNames":{"enum":["namespaces","uidMappings","gidMappings","timeOffsets","devices","netDevices","cgroupsPath","resources","intelRdt","memoryPolicy","sysctl","seccomp","rootfsPropagation","maskedPaths","readonlyPaths","mountLabel","personality"]}},"Namespace":{"description":"A namespace to make, or to join if a path is given.","type":"object","required":["type"],"properties":{"type":{"enum":["pid","network","mount","ipc","uts","user","cgroup","time"]},"path":{"type":"string"}},"propertyNames":{"enum":["type","path"]}},"TimeOffset":{"description":"Offset of a clock, time_namespaces(7).","type":"object","properties":{"secs":{"$ref":"#/$defs/int64"},"nanosecs":{"type":"integer","minimum":0,"maximum":999999999}},"propertyNames":{"enum":["secs","nanosecs"]}},"Device":{"description":"A device node to make, mknod(2).","type":"object","required":["type","path"],"properties":{"type":{"enum":["c","b","u","p"]},"path":{"type":"string"},"major":{"$ref":"#/$defs/int64"},"minor":{"$ref":"#/$defs/int64"},"fileMode":{"$ref":"#/$defs/uint32"},"uid":{"$ref":"#/$defs/uint32"},"gid":{"$ref":"#/$defs/uint32"}},"propertyNames":{"enum":["type","path","major","minor","fileMode","uid","gid"]}},"NetDevice":{"description":"What becomes of a moved network device.","type":"object","properties":{"name":{"type":"string","description":"Name inside; unchanged if missing."}},"propertyNames":{"enum":["name"]}},"IntelRdt":{"description":"resctrl groups (config-linux.md, IntelRdt).","type":"object","properties":{"closID":{"type":"string"},"schemata":{"type":"array","items":{"type":"string"}},"l3CacheSchema":{"type":"string"},"memBwSchema":{"type":"string"},"enableMonitoring":{"type":"boolean"},"enableCMT":{"type":"boolean","description":"Before 1.3."},"enableMBM":{"type":"boolean","description":"Before 1.3."}},"propertyNames":{"enum":["closID","schemata","l3CacheSchema","memBwSchema","enableMonitoring","enableCMT","enableMBM"]}},"MemoryPolicy":{"description":"set_mempolicy(2).","type":"object","required":["mode"],"properties":{"mode":{"enum":["MPOL_DEFAULT","MPOL_PREFERRED","MPOL_BIND","MPOL_INTERLEAVE","MPOL_LOCAL","MPOL_PREFERRED_MANY","MPOL_WEIGHTED_INTERLEAVE"]},"nodes":{"type":"string","description":"A list like 0-3,7."},"flags":{"type":"array","items":{"enum":["MPOL_F_NUMA_BALANCING","MPOL_F_RELATIVE_NODES","MPOL_F_STATIC_NODES"]}}},"propertyNames":{"enum":["mode","nodes","flags"]}},"Personality":{"description":"personality(2).","type":"object","required":["domain"],"properties":{"domain":{"enum":["LINUX","LINUX32"]},"flags":{"type":"array","items":{"type":"string"}}},"propertyNames":{"enum":["domain","flags"]}},"LinuxResources":{"description":"Limits of the container's cgroup, cgroups(7) (config-linux.md, Control groups).","type":"object","properties":{"devices":{"type":"array","items":{"$ref":"#/$defs/DeviceRule"}},"memory":{"$ref":"#/$defs/LinuxMemory"},"cpu":{"$ref":"#/$defs/LinuxCpu"},"pids":{"$ref":"#/$defs/LinuxPids"},"blockIO":{"$ref":"#/$defs/LinuxBlockIo"},"hugepageLimits":{"type":"array","items":{"$ref":"#/$defs/HugepageLimit"}},"network":{"$ref":"#/$defs/LinuxNetwork"},"rdma":{"type":"object","additionalProperties":{"$ref":"#/$defs/RdmaLimit"},"description":"By device name."},"unified":{"$ref":"#/$defs/strings","description":"Files of the cgroup v2 folder and what to write."}},"propertyNames":{"enum":["devices","memory","cpu","pids","blockIO","hugepageLimits","network","rdma","unified"]}},"DeviceRule":{"description":"A row of the list of allowed and denied devices.","type":"object","required":["allow"],"properties":{"allow":{"type":"boolean"},"type":{"enum":["","a","c","b"],"description":"a, empty or missing: all."},"major":{"$ref":"#/$defs/int64","description":"-1 or missing: all."},"minor":{"$ref":"#/$defs/int64","description":"-1 or missing: all."},"access":{"type":"string","description":"Letters of rwm."}},"propertyNames":{"enum":["allow","type","major","minor","access"]}},"LinuxMemory":{"description":"Memory limits in bytes; -1 is unlimited.","type":"object","properties":{"limit":{"$ref":"#/$defs/int64"},"reservation":{"$ref":"#/$defs/int64"},"swap":{"$ref":"#/$defs/int64","description":"Memory and swap together."},"kernel":{"$ref":"#/$defs/int64"},"kernelTCP":{"$ref":"#/$defs/int64"},"swappiness":{"$ref":"#/$defs/uint64"},"disableOOMKiller":{"type":"boolean"},"useHierarchy":{"type":"boolean"},"checkBeforeUpdate":{"type":"boolean"}},"propertyNames":{"enum":["limit","reservation","swap","kernel","kernelTCP","swappiness","disableOOMKiller","useHierarchy","checkBeforeUpdate"]}},"LinuxCpu":{"description":"CPU shares and limits; times in microseconds.","type":"object","properties":{"shares":{"$ref":"#/$defs/uint64"},"quota":{"$ref":"#/$defs/int64"},"burst":{"$ref":"#/$defs/uint64"},"period":{"$ref":"#/$defs/uint64"},"realtimeRuntime":{"$ref":"#/$defs/int64"},"realtimePeriod":{"$ref":"#/$defs/uint64"},"cpus":{"type":"string","description":"A list like 0-3,7."},"mems":{"type":"string","description":"A list like 0-3,7."},"idle":{"$ref":"#/$defs/int64"}},"propertyNames":{"enum":["shares","quota","burst","period","realtimeRuntime","realtimePeriod","cpus","mems","idle"]}},"LinuxPids":{"description":"Number of tasks.","type":"object","properties":{"limit":{"$ref":"#/$defs/int64","description":"-1 is unlimited."}},"propertyNames":{"enum":["limit"]}},"LinuxBlockIo":{"description":"Weights and rates of block devices.","type":"object","properties":{"weight":{"$ref":"#/$defs/uint16"},"leafWeight":{"$ref":"#/$defs/uint16"},"weightDevice":{"type":"array","items":{"$ref":"#/$defs/WeightDevice"}},"throttleReadBpsDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}},"throttleWriteBpsDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}},"throttleReadIOPSDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}},"throttleWriteIOPSDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}}},"propertyNames":{"enum":["weight","leafWeight","weightDevice","throttleReadBpsDevice","throttleWriteBpsDevice","throttleReadIOPSDevice","throttleWriteIOPSDevice"]}},"WeightDevice":{"description":"Weights of one device.","type":"object","required":["major","minor"],"properties":{"major":{"$ref":"#/$defs/int64"},"minor":{"$ref":"#/$defs/int64"},"weight":{"$ref":"#/$defs/uint16"},"leafWeight":{"$ref":"#/$defs/uint16"}},"propertyNames":{"enum":["major","minor","weight","leafWeight"]}},"ThrottleDevice":{"description":"A rate of one device, per second.","type":"object","required":["major","minor","rate"],"properties":{"major":{"$ref":"#/$defs/int64"},"minor":{"$ref":"#/$defs/int64"},"rate":{"$ref":"#/$defs/uint64"}},"propertyNames":{"enum":["major","minor","rate"]}},"HugepageLimit":{"description":"Limit of one size of huge pages, in bytes.","type":"object","required":["pageSize","limit"],"properties":{"pageSize":{"type":"string","description":"As 64KB, 2MB, 1GB."},"limit":{"$ref":"#/$defs/uint64"}},"propertyNames":{"enum":["pageSize","limit"]}},"LinuxNetwork":{"description":"Classes and priorities of network packets; cgroup v1 only.","type":"object","properties":{"classID":{"$ref":"#/$defs/uint32"},"priorities":{"type":"array","items":{"$ref":"#/$defs/InterfacePriority"}}},"propertyNames":{"enum":["classID","priorities"]}},"InterfacePriority":{"description":"Priority of one network interface.","type":"object","required":["name","priority"],"properties":{"name":{"type":"string"},"priority":{"$ref":"#/$defs/uint32"}},"propertyNames":{"enum":["name","priority"]}},"RdmaLimit":{"description":"Limits of one RDMA device.","type":"object","properties":{"hcaHandles":{"$ref":"#/$defs/uint32"},"hcaObjects":{"$ref":"#/$defs/uint32"}},"propertyNames":{"enum":["hcaHandles","hcaObjects"]}},"Seccomp":{"description":"The system call filter, seccomp(2) (config-linux.md, Seccomp).","type":"object","required":["defaultAction"],"properties":{"defaultAction":{"$ref":"#/$defs/SeccompAction"},"defaultErrnoRet":{"$ref":"#/$defs/uint32"},"architectures":{"type":"array","items":{"$ref":"#/$defs/SeccompArch"}},"flags":{"type":"array","items":{"$ref":"#/$defs/SeccompFlag"}},"listenerPath":{"type":"string","description":"Socket that receives the notify descriptor."},"listenerMetadata":{"type":"string"},"syscalls":{"type":"array","items":{"$ref":"#/$defs/SeccompSyscall"}}},"propertyNames":{"enum":["defaultAction","defaultErrnoRet","architectures","flags","listenerPath","listenerMetadata","syscalls"]}},"SeccompAction":{"enum":["SCMP_ACT_ALLOW","SCMP_ACT_ERRNO","SCMP_ACT_KILL","SCMP_ACT_KILL_PROCESS","SCMP_ACT_KILL_THREAD","SCMP_ACT_LOG","SCMP_ACT_NOTIFY","SCMP_ACT_TRACE","SCMP_ACT_TRAP"]},"SeccompArch":{"enum":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32","SCMP_ARCH_AARCH64","SCMP_ARCH_ARM","SCMP_ARCH_MIPS","SCMP_ARCH_MIPS64","SCMP_ARCH_MIPS64N32","SCMP_ARCH_MIPSEL","SCMP_ARCH_MIPSEL64","SCMP_ARCH_MIPSEL64N32","SCMP_ARCH_PPC","SCMP_ARCH_PPC64","SCMP_ARCH_PPC64LE","SCMP_ARCH_S390","SCMP_ARCH_S390X","SCMP_ARCH_PARISC","SCMP_ARCH_PARISC64","SCMP_ARCH_RISCV64","SCMP_ARCH_LOONGARCH64","SCMP_ARCH_M68K","SCMP_ARCH_SH","SCMP_ARCH_SHEB"]},"SeccompFlag":{"enum":["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]},"SeccompOperator":{"enum":["SCMP_CMP_NE","SCMP_CMP_LT","SCMP_CMP_LE","SCMP_CMP_EQ","SCMP_CMP_GE","SCMP_CMP_GT","SCMP_CMP_MASKED_EQ"]},"SeccompSyscall":{"description":"What happens to some system calls.","type":"object","required":["names","action"],"properties":{"names":{"type":"array","items":{"type":"string"}},"action":{"$ref":"#/$defs/SeccompAction"},"errnoRet":{"$ref":"#/$defs/uint32"},"args":{"type":"array","items":{"$ref":"#/$defs/SeccompArg"}}},"propertyNames":{"enum":["names","action","errnoRet","args"]}},"SeccompArg":{"description":"A condition on one argument of a system call.","type":"object","required":["index","value","op"],"properties":{"index":{"type":"integer","minimum":0,"maximum":5},"value":{"$ref":"#/$defs/exactUint64"},"valueTwo":{"$ref":"#/$defs/exactUint64","description":"The value, where op is SCMP_CMP_MASKED_EQ and value the mask."},"op":{"$ref":"#/$defs/SeccompOperator"}},"propertyNames":{"enum":["index","value","valueTwo","op"]}}},"propertyNames":{"enum":["ociVersion","root","mounts","process","hostname","domainname","hooks","annotations","linux","solaris","windows","vm","zos","freebsd"]}};
const schema20 = {"description":"The container's root file system (config.md, Root).","type":"object","required":["path"],"properties":{"path":{"type":"string","description":"Absolute, or relative to the bundle."},"readonly":{"type":"boolean"}},"propertyNames":{"enum":["path","readonly"]}};

function validate53(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate53.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.path === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "path") || (key0 === "readonly"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema20.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.path !== undefined){
if(typeof data.path !== "string"){
const err3 = {instancePath:instancePath+"/path",schemaPath:"#/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.readonly !== undefined){
if(typeof data.readonly !== "boolean"){
const err4 = {instancePath:instancePath+"/readonly",schemaPath:"#/properties/readonly/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate53.errors = vErrors;
return errors === 0;
}
validate53.evaluated = {"props":{"path":true,"readonly":true},"dynamicProps":false,"dynamicItems":false};

const schema21 = {"description":"One mount (config.md, Mounts).","type":"object","required":["destination"],"properties":{"destination":{"type":"string","description":"Path inside the container."},"source":{"type":"string","description":"Device, or for bind mounts a path: absolute, or relative to the bundle."},"type":{"type":"string","description":"File system type; bind mounts are recognised by their options."},"options":{"type":"array","items":{"type":"string"},"description":"As in fstab(5); what is not known is passed to the file system."},"uidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}},"gidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}}},"propertyNames":{"enum":["destination","source","type","options","uidMappings","gidMappings"]}};
const schema22 = {"description":"A range of user or group ids (config-linux.md, User namespace mappings).","type":"object","required":["containerID","hostID","size"],"properties":{"containerID":{"$ref":"#/$defs/uint32","description":"First id inside."},"hostID":{"$ref":"#/$defs/uint32","description":"First id outside."},"size":{"$ref":"#/$defs/uint32","description":"Number of ids."}},"propertyNames":{"enum":["containerID","hostID","size"]}};
const schema23 = {"type":"integer","minimum":0,"maximum":4294967295};

function validate57(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate57.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 4294967295 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate57.errors = vErrors;
return errors === 0;
}
validate57.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate56(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate56.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.containerID === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "containerID"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.hostID === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "hostID"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.size === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "size"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((key0 === "containerID") || (key0 === "hostID")) || (key0 === "size"))){
const err3 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema22.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err4 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.containerID !== undefined){
if(!(validate57(data.containerID, {instancePath:instancePath+"/containerID",parentData:data,parentDataProperty:"containerID",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.hostID !== undefined){
if(!(validate57(data.hostID, {instancePath:instancePath+"/hostID",parentData:data,parentDataProperty:"hostID",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.size !== undefined){
if(!(validate57(data.size, {instancePath:instancePath+"/size",parentData:data,parentDataProperty:"size",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate56.errors = vErrors;
return errors === 0;
}
validate56.evaluated = {"props":{"containerID":true,"hostID":true,"size":true},"dynamicProps":false,"dynamicItems":false};


function validate55(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate55.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.destination === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "destination"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((((key0 === "destination") || (key0 === "source")) || (key0 === "type")) || (key0 === "options")) || (key0 === "uidMappings")) || (key0 === "gidMappings"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema21.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.destination !== undefined){
if(typeof data.destination !== "string"){
const err3 = {instancePath:instancePath+"/destination",schemaPath:"#/properties/destination/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.source !== undefined){
if(typeof data.source !== "string"){
const err4 = {instancePath:instancePath+"/source",schemaPath:"#/properties/source/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.type !== undefined){
if(typeof data.type !== "string"){
const err5 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.options !== undefined){
let data3 = data.options;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
if(typeof data3[i0] !== "string"){
const err6 = {instancePath:instancePath+"/options/" + i0,schemaPath:"#/properties/options/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath:instancePath+"/options",schemaPath:"#/properties/options/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.uidMappings !== undefined){
let data5 = data.uidMappings;
if(Array.isArray(data5)){
const len1 = data5.length;
for(let i1=0; i1<len1; i1++){
if(!(validate56(data5[i1], {instancePath:instancePath+"/uidMappings/" + i1,parentData:data5,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
errors = vErrors.length;
}
}
}
else {
const err8 = {instancePath:instancePath+"/uidMappings",schemaPath:"#/properties/uidMappings/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.gidMappings !== undefined){
let data7 = data.gidMappings;
if(Array.isArray(data7)){
const len2 = data7.length;
for(let i2=0; i2<len2; i2++){
if(!(validate56(data7[i2], {instancePath:instancePath+"/gidMappings/" + i2,parentData:data7,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
errors = vErrors.length;
}
}
}
else {
const err9 = {instancePath:instancePath+"/gidMappings",schemaPath:"#/properties/gidMappings/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
}
else {
const err10 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
validate55.errors = vErrors;
return errors === 0;
}
validate55.evaluated = {"props":{"destination":true,"source":true,"type":true,"options":true,"uidMappings":true,"gidMappings":true},"dynamicProps":false,"dynamicItems":false};

const schema24 = {"description":"The container's process, or one that joins it (config.md, Process).","type":"object","required":["cwd"],"properties":{"terminal":{"type":"boolean","description":"Whether a pseudo-terminal is the process's stdio."},"consoleSize":{"$ref":"#/$defs/ConsoleSize"},"cwd":{"type":"string","description":"Working directory, an absolute path inside the container."},"env":{"type":"array","items":{"type":"string"},"description":"NAME=value each."},"args":{"type":"array","items":{"type":"string"},"description":"argv of execve(2)."},"commandLine":{"type":"string","description":"Windows only; not read."},"user":{"$ref":"#/$defs/User","default":{}},"capabilities":{"$ref":"#/$defs/Capabilities"},"rlimits":{"type":"array","items":{"$ref":"#/$defs/Rlimit"}},"noNewPrivileges":{"type":"boolean"},"apparmorProfile":{"type":"string"},"selinuxLabel":{"type":"string"},"oomScoreAdj":{"type":"integer","minimum":-1000,"maximum":1000,"description":"proc(5), /proc/PID/oom_score_adj."},"scheduler":{"$ref":"#/$defs/Scheduler"},"ioPriority":{"$ref":"#/$defs/IoPriority"},"execCPUAffinity":{"$ref":"#/$defs/ExecCpuAffinity"}},"propertyNames":{"enum":["terminal","consoleSize","cwd","env","args","commandLine","user","capabilities","rlimits","noNewPrivileges","apparmorProfile","selinuxLabel","oomScoreAdj","scheduler","ioPriority","execCPUAffinity"]}};
const schema25 = {"description":"Size of the terminal in characters.","type":"object","required":["height","width"],"properties":{"height":{"$ref":"#/$defs/uint16"},"width":{"$ref":"#/$defs/uint16"}},"propertyNames":{"enum":["height","width"]}};
const schema26 = {"type":"integer","minimum":0,"maximum":65535};

function validate66(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate66.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 65535 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate66.errors = vErrors;
return errors === 0;
}
validate66.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate65(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate65.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.height === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "height"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.width === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "width"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "height") || (key0 === "width"))){
const err2 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema25.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.height !== undefined){
if(!(validate66(data.height, {instancePath:instancePath+"/height",parentData:data,parentDataProperty:"height",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
if(data.width !== undefined){
if(!(validate66(data.width, {instancePath:instancePath+"/width",parentData:data,parentDataProperty:"width",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate65.errors = vErrors;
return errors === 0;
}
validate65.evaluated = {"props":{"height":true,"width":true},"dynamicProps":false,"dynamicItems":false};

const schema27 = {"description":"The process's credentials (config.md, POSIX-platform User).","type":"object","properties":{"uid":{"$ref":"#/$defs/uint32","default":0,"description":"As seen inside; 0 if missing, as runc reads it."},"gid":{"$ref":"#/$defs/uint32","default":0,"description":"As seen inside; 0 if missing, as runc reads it."},"umask":{"type":"integer","minimum":0,"maximum":511},"additionalGids":{"type":"array","items":{"$ref":"#/$defs/uint32"}},"username":{"type":"string","description":"Windows only; not read."}},"propertyNames":{"enum":["uid","gid","umask","additionalGids","username"]}};

function validate70(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate70.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((key0 === "uid") || (key0 === "gid")) || (key0 === "umask")) || (key0 === "additionalGids")) || (key0 === "username"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema27.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.uid !== undefined){
if(!(validate57(data.uid, {instancePath:instancePath+"/uid",parentData:data,parentDataProperty:"uid",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.gid !== undefined){
if(!(validate57(data.gid, {instancePath:instancePath+"/gid",parentData:data,parentDataProperty:"gid",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.umask !== undefined){
let data2 = data.umask;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err2 = {instancePath:instancePath+"/umask",schemaPath:"#/properties/umask/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 511 || isNaN(data2)){
const err3 = {instancePath:instancePath+"/umask",schemaPath:"#/properties/umask/maximum",keyword:"maximum",params:{comparison: "<=", limit: 511}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err4 = {instancePath:instancePath+"/umask",schemaPath:"#/properties/umask/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
if(data.additionalGids !== undefined){
let data3 = data.additionalGids;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
if(!(validate57(data3[i0], {instancePath:instancePath+"/additionalGids/" + i0,parentData:data3,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath:instancePath+"/additionalGids",schemaPath:"#/properties/additionalGids/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.username !== undefined){
if(typeof data.username !== "string"){
const err6 = {instancePath:instancePath+"/username",schemaPath:"#/properties/username/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate70.errors = vErrors;
return errors === 0;
}
validate70.evaluated = {"props":{"uid":true,"gid":true,"umask":true,"additionalGids":true,"username":true},"dynamicProps":false,"dynamicItems":false};

const schema28 = {"description":"capabilities(7) sets, names as CAP_CHOWN. Names that are not known are skipped with a warning.","type":"object","properties":{"bounding":{"type":"array","items":{"type":"string"}},"effective":{"type":"array","items":{"type":"string"}},"inheritable":{"type":"array","items":{"type":"string"}},"permitted":{"type":"array","items":{"type":"string"}},"ambient":{"type":"array","items":{"type":"string"}}},"propertyNames":{"enum":["bounding","effective","inheritable","permitted","ambient"]}};

function validate75(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate75.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((key0 === "bounding") || (key0 === "effective")) || (key0 === "inheritable")) || (key0 === "permitted")) || (key0 === "ambient"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema28.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.bounding !== undefined){
let data0 = data.bounding;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(typeof data0[i0] !== "string"){
const err2 = {instancePath:instancePath+"/bounding/" + i0,schemaPath:"#/properties/bounding/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
}
else {
const err3 = {instancePath:instancePath+"/bounding",schemaPath:"#/properties/bounding/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.effective !== undefined){
let data2 = data.effective;
if(Array.isArray(data2)){
const len1 = data2.length;
for(let i1=0; i1<len1; i1++){
if(typeof data2[i1] !== "string"){
const err4 = {instancePath:instancePath+"/effective/" + i1,schemaPath:"#/properties/effective/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/effective",schemaPath:"#/properties/effective/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.inheritable !== undefined){
let data4 = data.inheritable;
if(Array.isArray(data4)){
const len2 = data4.length;
for(let i2=0; i2<len2; i2++){
if(typeof data4[i2] !== "string"){
const err6 = {instancePath:instancePath+"/inheritable/" + i2,schemaPath:"#/properties/inheritable/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath:instancePath+"/inheritable",schemaPath:"#/properties/inheritable/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.permitted !== undefined){
let data6 = data.permitted;
if(Array.isArray(data6)){
const len3 = data6.length;
for(let i3=0; i3<len3; i3++){
if(typeof data6[i3] !== "string"){
const err8 = {instancePath:instancePath+"/permitted/" + i3,schemaPath:"#/properties/permitted/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
else {
const err9 = {instancePath:instancePath+"/permitted",schemaPath:"#/properties/permitted/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.ambient !== undefined){
let data8 = data.ambient;
if(Array.isArray(data8)){
const len4 = data8.length;
for(let i4=0; i4<len4; i4++){
if(typeof data8[i4] !== "string"){
const err10 = {instancePath:instancePath+"/ambient/" + i4,schemaPath:"#/properties/ambient/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
else {
const err11 = {instancePath:instancePath+"/ambient",schemaPath:"#/properties/ambient/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
}
else {
const err12 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
validate75.errors = vErrors;
return errors === 0;
}
validate75.evaluated = {"props":{"bounding":true,"effective":true,"inheritable":true,"permitted":true,"ambient":true},"dynamicProps":false,"dynamicItems":false};

const schema29 = {"description":"A pair of resource limits, getrlimit(2).","type":"object","required":["type","soft","hard"],"properties":{"type":{"enum":["RLIMIT_AS","RLIMIT_CORE","RLIMIT_CPU","RLIMIT_DATA","RLIMIT_FSIZE","RLIMIT_LOCKS","RLIMIT_MEMLOCK","RLIMIT_MSGQUEUE","RLIMIT_NICE","RLIMIT_NOFILE","RLIMIT_NPROC","RLIMIT_RSS","RLIMIT_RTPRIO","RLIMIT_RTTIME","RLIMIT_SIGPENDING","RLIMIT_STACK"]},"soft":{"$ref":"#/$defs/exactUint64"},"hard":{"$ref":"#/$defs/exactUint64","description":"18446744073709551615 is RLIM_INFINITY."}},"propertyNames":{"enum":["type","soft","hard"]}};
const schema30 = {"type":"integer","minimum":0,"maximum":18446744073709552000,"description":"Every bit counts: a bigint where a double does not hold it."};

function validate78(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate78.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 18446744073709552000 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 18446744073709552000}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate78.errors = vErrors;
return errors === 0;
}
validate78.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate77(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate77.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.type === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "type"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.soft === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "soft"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.hard === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "hard"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((key0 === "type") || (key0 === "soft")) || (key0 === "hard"))){
const err3 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema29.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err4 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.type !== undefined){
let data0 = data.type;
if(!((((((((((((((((data0 === "RLIMIT_AS") || (data0 === "RLIMIT_CORE")) || (data0 === "RLIMIT_CPU")) || (data0 === "RLIMIT_DATA")) || (data0 === "RLIMIT_FSIZE")) || (data0 === "RLIMIT_LOCKS")) || (data0 === "RLIMIT_MEMLOCK")) || (data0 === "RLIMIT_MSGQUEUE")) || (data0 === "RLIMIT_NICE")) || (data0 === "RLIMIT_NOFILE")) || (data0 === "RLIMIT_NPROC")) || (data0 === "RLIMIT_RSS")) || (data0 === "RLIMIT_RTPRIO")) || (data0 === "RLIMIT_RTTIME")) || (data0 === "RLIMIT_SIGPENDING")) || (data0 === "RLIMIT_STACK"))){
const err5 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/enum",keyword:"enum",params:{allowedValues: schema29.properties.type.enum}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.soft !== undefined){
if(!(validate78(data.soft, {instancePath:instancePath+"/soft",parentData:data,parentDataProperty:"soft",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
if(data.hard !== undefined){
if(!(validate78(data.hard, {instancePath:instancePath+"/hard",parentData:data,parentDataProperty:"hard",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
validate77.errors = vErrors;
return errors === 0;
}
validate77.evaluated = {"props":{"type":true,"soft":true,"hard":true},"dynamicProps":false,"dynamicItems":false};

const schema31 = {"description":"sched_setattr(2); runtime, deadline and period in nanoseconds.","type":"object","required":["policy"],"properties":{"policy":{"enum":["SCHED_OTHER","SCHED_FIFO","SCHED_RR","SCHED_BATCH","SCHED_ISO","SCHED_IDLE","SCHED_DEADLINE"]},"nice":{"type":"integer","minimum":-20,"maximum":19},"priority":{"$ref":"#/$defs/int32"},"flags":{"type":"array","items":{"enum":["SCHED_FLAG_RESET_ON_FORK","SCHED_FLAG_RECLAIM","SCHED_FLAG_DL_OVERRUN","SCHED_FLAG_KEEP_POLICY","SCHED_FLAG_KEEP_PARAMS","SCHED_FLAG_UTIL_CLAMP_MIN","SCHED_FLAG_UTIL_CLAMP_MAX"]}},"runtime":{"$ref":"#/$defs/uint64"},"deadline":{"$ref":"#/$defs/uint64"},"period":{"$ref":"#/$defs/uint64"}},"propertyNames":{"enum":["policy","nice","priority","flags","runtime","deadline","period"]}};
const schema32 = {"type":"integer","minimum":-2147483648,"maximum":2147483647};

function validate83(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate83.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 2147483647 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < -2147483648 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: -2147483648}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate83.errors = vErrors;
return errors === 0;
}
validate83.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema33 = {"type":"integer","minimum":0,"maximum":18446744073709552000,"description":"Read as a double: exact up to 2^53, beyond it rounded to a multiple of at most 4096, which no limit notices."};

function validate85(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate85.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 18446744073709552000 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 18446744073709552000}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < 0 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate85.errors = vErrors;
return errors === 0;
}
validate85.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate82(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate82.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.policy === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "policy"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((((((key0 === "policy") || (key0 === "nice")) || (key0 === "priority")) || (key0 === "flags")) || (key0 === "runtime")) || (key0 === "deadline")) || (key0 === "period"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema31.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.policy !== undefined){
let data0 = data.policy;
if(!(((((((data0 === "SCHED_OTHER") || (data0 === "SCHED_FIFO")) || (data0 === "SCHED_RR")) || (data0 === "SCHED_BATCH")) || (data0 === "SCHED_ISO")) || (data0 === "SCHED_IDLE")) || (data0 === "SCHED_DEADLINE"))){
const err3 = {instancePath:instancePath+"/policy",schemaPath:"#/properties/policy/enum",keyword:"enum",params:{allowedValues: schema31.properties.policy.enum}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.nice !== undefined){
let data1 = data.nice;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err4 = {instancePath:instancePath+"/nice",schemaPath:"#/properties/nice/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 19 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/nice",schemaPath:"#/properties/nice/maximum",keyword:"maximum",params:{comparison: "<=", limit: 19}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data1 < -20 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/nice",schemaPath:"#/properties/nice/minimum",keyword:"minimum",params:{comparison: ">=", limit: -20}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
if(data.priority !== undefined){
if(!(validate83(data.priority, {instancePath:instancePath+"/priority",parentData:data,parentDataProperty:"priority",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate83.errors : vErrors.concat(validate83.errors);
errors = vErrors.length;
}
}
if(data.flags !== undefined){
let data3 = data.flags;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
let data4 = data3[i0];
if(!(((((((data4 === "SCHED_FLAG_RESET_ON_FORK") || (data4 === "SCHED_FLAG_RECLAIM")) || (data4 === "SCHED_FLAG_DL_OVERRUN")) || (data4 === "SCHED_FLAG_KEEP_POLICY")) || (data4 === "SCHED_FLAG_KEEP_PARAMS")) || (data4 === "SCHED_FLAG_UTIL_CLAMP_MIN")) || (data4 === "SCHED_FLAG_UTIL_CLAMP_MAX"))){
const err7 = {instancePath:instancePath+"/flags/" + i0,schemaPath:"#/properties/flags/items/enum",keyword:"enum",params:{allowedValues: schema31.properties.flags.items.enum}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/flags",schemaPath:"#/properties/flags/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.runtime !== undefined){
if(!(validate85(data.runtime, {instancePath:instancePath+"/runtime",parentData:data,parentDataProperty:"runtime",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.deadline !== undefined){
if(!(validate85(data.deadline, {instancePath:instancePath+"/deadline",parentData:data,parentDataProperty:"deadline",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.period !== undefined){
if(!(validate85(data.period, {instancePath:instancePath+"/period",parentData:data,parentDataProperty:"period",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
validate82.errors = vErrors;
return errors === 0;
}
validate82.evaluated = {"props":{"policy":true,"nice":true,"priority":true,"flags":true,"runtime":true,"deadline":true,"period":true},"dynamicProps":false,"dynamicItems":false};

const schema34 = {"description":"ioprio_set(2).","type":"object","required":["class"],"properties":{"class":{"enum":["IOPRIO_CLASS_RT","IOPRIO_CLASS_BE","IOPRIO_CLASS_IDLE"]},"priority":{"type":"integer","minimum":0,"maximum":7}},"propertyNames":{"enum":["class","priority"]}};

function validate90(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate90.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.class === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "class"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "class") || (key0 === "priority"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema34.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.class !== undefined){
let data0 = data.class;
if(!(((data0 === "IOPRIO_CLASS_RT") || (data0 === "IOPRIO_CLASS_BE")) || (data0 === "IOPRIO_CLASS_IDLE"))){
const err3 = {instancePath:instancePath+"/class",schemaPath:"#/properties/class/enum",keyword:"enum",params:{allowedValues: schema34.properties.class.enum}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.priority !== undefined){
let data1 = data.priority;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err4 = {instancePath:instancePath+"/priority",schemaPath:"#/properties/priority/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 7 || isNaN(data1)){
const err5 = {instancePath:instancePath+"/priority",schemaPath:"#/properties/priority/maximum",keyword:"maximum",params:{comparison: "<=", limit: 7}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(data1 < 0 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/priority",schemaPath:"#/properties/priority/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate90.errors = vErrors;
return errors === 0;
}
validate90.evaluated = {"props":{"class":true,"priority":true},"dynamicProps":false,"dynamicItems":false};

const schema35 = {"description":"CPUs of a process that joins the container, as lists like 0-3,7: before and after it enters the container's cgroup.","type":"object","properties":{"initial":{"type":"string"},"final":{"type":"string"}},"propertyNames":{"enum":["initial","final"]}};

function validate92(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate92.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "initial") || (key0 === "final"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema35.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.initial !== undefined){
if(typeof data.initial !== "string"){
const err2 = {instancePath:instancePath+"/initial",schemaPath:"#/properties/initial/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.final !== undefined){
if(typeof data.final !== "string"){
const err3 = {instancePath:instancePath+"/final",schemaPath:"#/properties/final/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate92.errors = vErrors;
return errors === 0;
}
validate92.evaluated = {"props":{"initial":true,"final":true},"dynamicProps":false,"dynamicItems":false};


function validate64(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate64.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.cwd === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "cwd"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((((((((((((((key0 === "terminal") || (key0 === "consoleSize")) || (key0 === "cwd")) || (key0 === "env")) || (key0 === "args")) || (key0 === "commandLine")) || (key0 === "user")) || (key0 === "capabilities")) || (key0 === "rlimits")) || (key0 === "noNewPrivileges")) || (key0 === "apparmorProfile")) || (key0 === "selinuxLabel")) || (key0 === "oomScoreAdj")) || (key0 === "scheduler")) || (key0 === "ioPriority")) || (key0 === "execCPUAffinity"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema24.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.terminal !== undefined){
if(typeof data.terminal !== "boolean"){
const err3 = {instancePath:instancePath+"/terminal",schemaPath:"#/properties/terminal/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.consoleSize !== undefined){
if(!(validate65(data.consoleSize, {instancePath:instancePath+"/consoleSize",parentData:data,parentDataProperty:"consoleSize",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate65.errors : vErrors.concat(validate65.errors);
errors = vErrors.length;
}
}
if(data.cwd !== undefined){
if(typeof data.cwd !== "string"){
const err4 = {instancePath:instancePath+"/cwd",schemaPath:"#/properties/cwd/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.env !== undefined){
let data3 = data.env;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
if(typeof data3[i0] !== "string"){
const err5 = {instancePath:instancePath+"/env/" + i0,schemaPath:"#/properties/env/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
else {
const err6 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.args !== undefined){
let data5 = data.args;
if(Array.isArray(data5)){
const len1 = data5.length;
for(let i1=0; i1<len1; i1++){
if(typeof data5[i1] !== "string"){
const err7 = {instancePath:instancePath+"/args/" + i1,schemaPath:"#/properties/args/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/args",schemaPath:"#/properties/args/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.commandLine !== undefined){
if(typeof data.commandLine !== "string"){
const err9 = {instancePath:instancePath+"/commandLine",schemaPath:"#/properties/commandLine/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.user !== undefined){
if(!(validate70(data.user, {instancePath:instancePath+"/user",parentData:data,parentDataProperty:"user",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.capabilities !== undefined){
if(!(validate75(data.capabilities, {instancePath:instancePath+"/capabilities",parentData:data,parentDataProperty:"capabilities",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate75.errors : vErrors.concat(validate75.errors);
errors = vErrors.length;
}
}
if(data.rlimits !== undefined){
let data10 = data.rlimits;
if(Array.isArray(data10)){
const len2 = data10.length;
for(let i2=0; i2<len2; i2++){
if(!(validate77(data10[i2], {instancePath:instancePath+"/rlimits/" + i2,parentData:data10,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate77.errors : vErrors.concat(validate77.errors);
errors = vErrors.length;
}
}
}
else {
const err10 = {instancePath:instancePath+"/rlimits",schemaPath:"#/properties/rlimits/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.noNewPrivileges !== undefined){
if(typeof data.noNewPrivileges !== "boolean"){
const err11 = {instancePath:instancePath+"/noNewPrivileges",schemaPath:"#/properties/noNewPrivileges/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.apparmorProfile !== undefined){
if(typeof data.apparmorProfile !== "string"){
const err12 = {instancePath:instancePath+"/apparmorProfile",schemaPath:"#/properties/apparmorProfile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.selinuxLabel !== undefined){
if(typeof data.selinuxLabel !== "string"){
const err13 = {instancePath:instancePath+"/selinuxLabel",schemaPath:"#/properties/selinuxLabel/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.oomScoreAdj !== undefined){
let data15 = data.oomScoreAdj;
if(!(((typeof data15 == "number") && (!(data15 % 1) && !isNaN(data15))) && (isFinite(data15)))){
const err14 = {instancePath:instancePath+"/oomScoreAdj",schemaPath:"#/properties/oomScoreAdj/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if((typeof data15 == "number") && (isFinite(data15))){
if(data15 > 1000 || isNaN(data15)){
const err15 = {instancePath:instancePath+"/oomScoreAdj",schemaPath:"#/properties/oomScoreAdj/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if(data15 < -1000 || isNaN(data15)){
const err16 = {instancePath:instancePath+"/oomScoreAdj",schemaPath:"#/properties/oomScoreAdj/minimum",keyword:"minimum",params:{comparison: ">=", limit: -1000}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
if(data.scheduler !== undefined){
if(!(validate82(data.scheduler, {instancePath:instancePath+"/scheduler",parentData:data,parentDataProperty:"scheduler",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate82.errors : vErrors.concat(validate82.errors);
errors = vErrors.length;
}
}
if(data.ioPriority !== undefined){
if(!(validate90(data.ioPriority, {instancePath:instancePath+"/ioPriority",parentData:data,parentDataProperty:"ioPriority",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate90.errors : vErrors.concat(validate90.errors);
errors = vErrors.length;
}
}
if(data.execCPUAffinity !== undefined){
if(!(validate92(data.execCPUAffinity, {instancePath:instancePath+"/execCPUAffinity",parentData:data,parentDataProperty:"execCPUAffinity",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate92.errors : vErrors.concat(validate92.errors);
errors = vErrors.length;
}
}
}
else {
const err17 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
validate64.errors = vErrors;
return errors === 0;
}
validate64.evaluated = {"props":{"terminal":true,"consoleSize":true,"cwd":true,"env":true,"args":true,"commandLine":true,"user":true,"capabilities":true,"rlimits":true,"noNewPrivileges":true,"apparmorProfile":true,"selinuxLabel":true,"oomScoreAdj":true,"scheduler":true,"ioPriority":true,"execCPUAffinity":true},"dynamicProps":false,"dynamicItems":false};

const schema36 = {"description":"Programs run at points of the container's life (config.md, POSIX-platform Hooks).","type":"object","properties":{"prestart":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Deprecated, still used by engines: runtime's namespaces, during create."},"createRuntime":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Runtime's namespaces, during create, before pivot_root."},"createContainer":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Container's namespaces, during create, before pivot_root."},"startContainer":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Container's namespaces and root, during start."},"poststart":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Runtime's namespaces, after the user's process started."},"poststop":{"type":"array","items":{"$ref":"#/$defs/Hook"},"description":"Runtime's namespaces, after the container is deleted."}},"propertyNames":{"enum":["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]}};
const schema37 = {"description":"One hook.","type":"object","required":["path"],"properties":{"path":{"type":"string","description":"Absolute path of the program."},"args":{"type":"array","items":{"type":"string"},"description":"argv, argv[0] included."},"env":{"type":"array","items":{"type":"string"}},"timeout":{"type":"integer","minimum":1,"maximum":2147483647,"description":"Seconds."}},"propertyNames":{"enum":["path","args","env","timeout"]}};

function validate96(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate96.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.path === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((key0 === "path") || (key0 === "args")) || (key0 === "env")) || (key0 === "timeout"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema37.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.path !== undefined){
if(typeof data.path !== "string"){
const err3 = {instancePath:instancePath+"/path",schemaPath:"#/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.args !== undefined){
let data1 = data.args;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
if(typeof data1[i0] !== "string"){
const err4 = {instancePath:instancePath+"/args/" + i0,schemaPath:"#/properties/args/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/args",schemaPath:"#/properties/args/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.env !== undefined){
let data3 = data.env;
if(Array.isArray(data3)){
const len1 = data3.length;
for(let i1=0; i1<len1; i1++){
if(typeof data3[i1] !== "string"){
const err6 = {instancePath:instancePath+"/env/" + i1,schemaPath:"#/properties/env/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.timeout !== undefined){
let data5 = data.timeout;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err8 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 2147483647 || isNaN(data5)){
const err9 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 2147483647}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data5 < 1 || isNaN(data5)){
const err10 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
}
else {
const err11 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
validate96.errors = vErrors;
return errors === 0;
}
validate96.evaluated = {"props":{"path":true,"args":true,"env":true,"timeout":true},"dynamicProps":false,"dynamicItems":false};


function validate95(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate95.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!((((((key0 === "prestart") || (key0 === "createRuntime")) || (key0 === "createContainer")) || (key0 === "startContainer")) || (key0 === "poststart")) || (key0 === "poststop"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema36.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.prestart !== undefined){
let data0 = data.prestart;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(!(validate96(data0[i0], {instancePath:instancePath+"/prestart/" + i0,parentData:data0,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath:instancePath+"/prestart",schemaPath:"#/properties/prestart/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.createRuntime !== undefined){
let data2 = data.createRuntime;
if(Array.isArray(data2)){
const len1 = data2.length;
for(let i1=0; i1<len1; i1++){
if(!(validate96(data2[i1], {instancePath:instancePath+"/createRuntime/" + i1,parentData:data2,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/createRuntime",schemaPath:"#/properties/createRuntime/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.createContainer !== undefined){
let data4 = data.createContainer;
if(Array.isArray(data4)){
const len2 = data4.length;
for(let i2=0; i2<len2; i2++){
if(!(validate96(data4[i2], {instancePath:instancePath+"/createContainer/" + i2,parentData:data4,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/createContainer",schemaPath:"#/properties/createContainer/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.startContainer !== undefined){
let data6 = data.startContainer;
if(Array.isArray(data6)){
const len3 = data6.length;
for(let i3=0; i3<len3; i3++){
if(!(validate96(data6[i3], {instancePath:instancePath+"/startContainer/" + i3,parentData:data6,parentDataProperty:i3,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath:instancePath+"/startContainer",schemaPath:"#/properties/startContainer/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.poststart !== undefined){
let data8 = data.poststart;
if(Array.isArray(data8)){
const len4 = data8.length;
for(let i4=0; i4<len4; i4++){
if(!(validate96(data8[i4], {instancePath:instancePath+"/poststart/" + i4,parentData:data8,parentDataProperty:i4,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath:instancePath+"/poststart",schemaPath:"#/properties/poststart/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.poststop !== undefined){
let data10 = data.poststop;
if(Array.isArray(data10)){
const len5 = data10.length;
for(let i5=0; i5<len5; i5++){
if(!(validate96(data10[i5], {instancePath:instancePath+"/poststop/" + i5,parentData:data10,parentDataProperty:i5,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate96.errors : vErrors.concat(validate96.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath:instancePath+"/poststop",schemaPath:"#/properties/poststop/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
validate95.errors = vErrors;
return errors === 0;
}
validate95.evaluated = {"props":{"prestart":true,"createRuntime":true,"createContainer":true,"startContainer":true,"poststart":true,"poststop":true},"dynamicProps":false,"dynamicItems":false};

const schema38 = {"type":"object","additionalProperties":{"type":"string"}};

function validate104(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate104.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(typeof data[key0] !== "string"){
const err0 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/additionalProperties/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate104.errors = vErrors;
return errors === 0;
}
validate104.evaluated = {"props":true,"dynamicProps":false,"dynamicItems":false};

const schema39 = {"description":"What only Linux has (config-linux.md).","type":"object","properties":{"namespaces":{"type":"array","items":{"$ref":"#/$defs/Namespace"}},"uidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}},"gidMappings":{"type":"array","items":{"$ref":"#/$defs/IdMapping"}},"timeOffsets":{"type":"object","additionalProperties":{"$ref":"#/$defs/TimeOffset"},"description":"By clock: monotonic, boottime."},"devices":{"type":"array","items":{"$ref":"#/$defs/Device"}},"netDevices":{"type":"object","additionalProperties":{"$ref":"#/$defs/NetDevice"},"description":"Host network devices that move into the container, by name."},"cgroupsPath":{"type":"string","description":"Path below the cgroup mounts, or slice:prefix:name with systemd."},"resources":{"$ref":"#/$defs/LinuxResources"},"intelRdt":{"$ref":"#/$defs/IntelRdt"},"memoryPolicy":{"$ref":"#/$defs/MemoryPolicy"},"sysctl":{"$ref":"#/$defs/strings","description":"Kernel parameters of the container's namespaces."},"seccomp":{"$ref":"#/$defs/Seccomp"},"rootfsPropagation":{"enum":["","shared","rshared","slave","rslave","private","rprivate","unbindable","runbindable"],"description":"Propagation of the root mount; empty is unset."},"maskedPaths":{"type":"array","items":{"type":"string"},"description":"Absolute paths made unreadable."},"readonlyPaths":{"type":"array","items":{"type":"string"},"description":"Absolute paths made read-only."},"mountLabel":{"type":"string","description":"SELinux context of the mounts."},"personality":{"$ref":"#/$defs/Personality"}},"propertyNames":{"enum":["namespaces","uidMappings","gidMappings","timeOffsets","devices","netDevices","cgroupsPath","resources","intelRdt","memoryPolicy","sysctl","seccomp","rootfsPropagation","maskedPaths","readonlyPaths","mountLabel","personality"]}};
const schema40 = {"description":"A namespace to make, or to join if a path is given.","type":"object","required":["type"],"properties":{"type":{"enum":["pid","network","mount","ipc","uts","user","cgroup","time"]},"path":{"type":"string"}},"propertyNames":{"enum":["type","path"]}};

function validate107(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate107.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.type === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "type"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "type") || (key0 === "path"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema40.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.type !== undefined){
let data0 = data.type;
if(!((((((((data0 === "pid") || (data0 === "network")) || (data0 === "mount")) || (data0 === "ipc")) || (data0 === "uts")) || (data0 === "user")) || (data0 === "cgroup")) || (data0 === "time"))){
const err3 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/enum",keyword:"enum",params:{allowedValues: schema40.properties.type.enum}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.path !== undefined){
if(typeof data.path !== "string"){
const err4 = {instancePath:instancePath+"/path",schemaPath:"#/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate107.errors = vErrors;
return errors === 0;
}
validate107.evaluated = {"props":{"type":true,"path":true},"dynamicProps":false,"dynamicItems":false};

const schema41 = {"description":"Offset of a clock, time_namespaces(7).","type":"object","properties":{"secs":{"$ref":"#/$defs/int64"},"nanosecs":{"type":"integer","minimum":0,"maximum":999999999}},"propertyNames":{"enum":["secs","nanosecs"]}};
const schema42 = {"type":"integer","minimum":-9223372036854776000,"maximum":9223372036854776000,"description":"Read as a double: exact up to 2^53, beyond it rounded to a multiple of at most 2048, which no limit notices."};

function validate112(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate112.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((typeof data == "number") && (!(data % 1) && !isNaN(data))) && (isFinite(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if((typeof data == "number") && (isFinite(data))){
if(data > 9223372036854776000 || isNaN(data)){
const err1 = {instancePath,schemaPath:"#/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854776000}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data < -9223372036854776000 || isNaN(data)){
const err2 = {instancePath,schemaPath:"#/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854776000}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
validate112.errors = vErrors;
return errors === 0;
}
validate112.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate111(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate111.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "secs") || (key0 === "nanosecs"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema41.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.secs !== undefined){
if(!(validate112(data.secs, {instancePath:instancePath+"/secs",parentData:data,parentDataProperty:"secs",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.nanosecs !== undefined){
let data1 = data.nanosecs;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err2 = {instancePath:instancePath+"/nanosecs",schemaPath:"#/properties/nanosecs/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 999999999 || isNaN(data1)){
const err3 = {instancePath:instancePath+"/nanosecs",schemaPath:"#/properties/nanosecs/maximum",keyword:"maximum",params:{comparison: "<=", limit: 999999999}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data1 < 0 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/nanosecs",schemaPath:"#/properties/nanosecs/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate111.errors = vErrors;
return errors === 0;
}
validate111.evaluated = {"props":{"secs":true,"nanosecs":true},"dynamicProps":false,"dynamicItems":false};

const schema43 = {"description":"A device node to make, mknod(2).","type":"object","required":["type","path"],"properties":{"type":{"enum":["c","b","u","p"]},"path":{"type":"string"},"major":{"$ref":"#/$defs/int64"},"minor":{"$ref":"#/$defs/int64"},"fileMode":{"$ref":"#/$defs/uint32"},"uid":{"$ref":"#/$defs/uint32"},"gid":{"$ref":"#/$defs/uint32"}},"propertyNames":{"enum":["type","path","major","minor","fileMode","uid","gid"]}};

function validate115(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate115.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.type === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "type"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.path === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "path"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((((((key0 === "type") || (key0 === "path")) || (key0 === "major")) || (key0 === "minor")) || (key0 === "fileMode")) || (key0 === "uid")) || (key0 === "gid"))){
const err2 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema43.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.type !== undefined){
let data0 = data.type;
if(!((((data0 === "c") || (data0 === "b")) || (data0 === "u")) || (data0 === "p"))){
const err4 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/enum",keyword:"enum",params:{allowedValues: schema43.properties.type.enum}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.path !== undefined){
if(typeof data.path !== "string"){
const err5 = {instancePath:instancePath+"/path",schemaPath:"#/properties/path/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.major !== undefined){
if(!(validate112(data.major, {instancePath:instancePath+"/major",parentData:data,parentDataProperty:"major",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.minor !== undefined){
if(!(validate112(data.minor, {instancePath:instancePath+"/minor",parentData:data,parentDataProperty:"minor",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.fileMode !== undefined){
if(!(validate57(data.fileMode, {instancePath:instancePath+"/fileMode",parentData:data,parentDataProperty:"fileMode",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.uid !== undefined){
if(!(validate57(data.uid, {instancePath:instancePath+"/uid",parentData:data,parentDataProperty:"uid",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.gid !== undefined){
if(!(validate57(data.gid, {instancePath:instancePath+"/gid",parentData:data,parentDataProperty:"gid",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
validate115.errors = vErrors;
return errors === 0;
}
validate115.evaluated = {"props":{"type":true,"path":true,"major":true,"minor":true,"fileMode":true,"uid":true,"gid":true},"dynamicProps":false,"dynamicItems":false};

const schema44 = {"description":"What becomes of a moved network device.","type":"object","properties":{"name":{"type":"string","description":"Name inside; unchanged if missing."}},"propertyNames":{"enum":["name"]}};

function validate122(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate122.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(key0 === "name")){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema44.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate122.errors = vErrors;
return errors === 0;
}
validate122.evaluated = {"props":{"name":true},"dynamicProps":false,"dynamicItems":false};

const schema45 = {"description":"Limits of the container's cgroup, cgroups(7) (config-linux.md, Control groups).","type":"object","properties":{"devices":{"type":"array","items":{"$ref":"#/$defs/DeviceRule"}},"memory":{"$ref":"#/$defs/LinuxMemory"},"cpu":{"$ref":"#/$defs/LinuxCpu"},"pids":{"$ref":"#/$defs/LinuxPids"},"blockIO":{"$ref":"#/$defs/LinuxBlockIo"},"hugepageLimits":{"type":"array","items":{"$ref":"#/$defs/HugepageLimit"}},"network":{"$ref":"#/$defs/LinuxNetwork"},"rdma":{"type":"object","additionalProperties":{"$ref":"#/$defs/RdmaLimit"},"description":"By device name."},"unified":{"$ref":"#/$defs/strings","description":"Files of the cgroup v2 folder and what to write."}},"propertyNames":{"enum":["devices","memory","cpu","pids","blockIO","hugepageLimits","network","rdma","unified"]}};
const schema46 = {"description":"A row of the list of allowed and denied devices.","type":"object","required":["allow"],"properties":{"allow":{"type":"boolean"},"type":{"enum":["","a","c","b"],"description":"a, empty or missing: all."},"major":{"$ref":"#/$defs/int64","description":"-1 or missing: all."},"minor":{"$ref":"#/$defs/int64","description":"-1 or missing: all."},"access":{"type":"string","description":"Letters of rwm."}},"propertyNames":{"enum":["allow","type","major","minor","access"]}};

function validate125(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate125.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.allow === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "allow"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((((key0 === "allow") || (key0 === "type")) || (key0 === "major")) || (key0 === "minor")) || (key0 === "access"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema46.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.allow !== undefined){
if(typeof data.allow !== "boolean"){
const err3 = {instancePath:instancePath+"/allow",schemaPath:"#/properties/allow/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.type !== undefined){
let data1 = data.type;
if(!((((data1 === "") || (data1 === "a")) || (data1 === "c")) || (data1 === "b"))){
const err4 = {instancePath:instancePath+"/type",schemaPath:"#/properties/type/enum",keyword:"enum",params:{allowedValues: schema46.properties.type.enum}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.major !== undefined){
if(!(validate112(data.major, {instancePath:instancePath+"/major",parentData:data,parentDataProperty:"major",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.minor !== undefined){
if(!(validate112(data.minor, {instancePath:instancePath+"/minor",parentData:data,parentDataProperty:"minor",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.access !== undefined){
if(typeof data.access !== "string"){
const err5 = {instancePath:instancePath+"/access",schemaPath:"#/properties/access/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
validate125.errors = vErrors;
return errors === 0;
}
validate125.evaluated = {"props":{"allow":true,"type":true,"major":true,"minor":true,"access":true},"dynamicProps":false,"dynamicItems":false};

const schema47 = {"description":"Memory limits in bytes; -1 is unlimited.","type":"object","properties":{"limit":{"$ref":"#/$defs/int64"},"reservation":{"$ref":"#/$defs/int64"},"swap":{"$ref":"#/$defs/int64","description":"Memory and swap together."},"kernel":{"$ref":"#/$defs/int64"},"kernelTCP":{"$ref":"#/$defs/int64"},"swappiness":{"$ref":"#/$defs/uint64"},"disableOOMKiller":{"type":"boolean"},"useHierarchy":{"type":"boolean"},"checkBeforeUpdate":{"type":"boolean"}},"propertyNames":{"enum":["limit","reservation","swap","kernel","kernelTCP","swappiness","disableOOMKiller","useHierarchy","checkBeforeUpdate"]}};

function validate129(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate129.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((((key0 === "limit") || (key0 === "reservation")) || (key0 === "swap")) || (key0 === "kernel")) || (key0 === "kernelTCP")) || (key0 === "swappiness")) || (key0 === "disableOOMKiller")) || (key0 === "useHierarchy")) || (key0 === "checkBeforeUpdate"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema47.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.limit !== undefined){
if(!(validate112(data.limit, {instancePath:instancePath+"/limit",parentData:data,parentDataProperty:"limit",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.reservation !== undefined){
if(!(validate112(data.reservation, {instancePath:instancePath+"/reservation",parentData:data,parentDataProperty:"reservation",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.swap !== undefined){
if(!(validate112(data.swap, {instancePath:instancePath+"/swap",parentData:data,parentDataProperty:"swap",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.kernel !== undefined){
if(!(validate112(data.kernel, {instancePath:instancePath+"/kernel",parentData:data,parentDataProperty:"kernel",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.kernelTCP !== undefined){
if(!(validate112(data.kernelTCP, {instancePath:instancePath+"/kernelTCP",parentData:data,parentDataProperty:"kernelTCP",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.swappiness !== undefined){
if(!(validate85(data.swappiness, {instancePath:instancePath+"/swappiness",parentData:data,parentDataProperty:"swappiness",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.disableOOMKiller !== undefined){
if(typeof data.disableOOMKiller !== "boolean"){
const err2 = {instancePath:instancePath+"/disableOOMKiller",schemaPath:"#/properties/disableOOMKiller/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.useHierarchy !== undefined){
if(typeof data.useHierarchy !== "boolean"){
const err3 = {instancePath:instancePath+"/useHierarchy",schemaPath:"#/properties/useHierarchy/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.checkBeforeUpdate !== undefined){
if(typeof data.checkBeforeUpdate !== "boolean"){
const err4 = {instancePath:instancePath+"/checkBeforeUpdate",schemaPath:"#/properties/checkBeforeUpdate/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate129.errors = vErrors;
return errors === 0;
}
validate129.evaluated = {"props":{"limit":true,"reservation":true,"swap":true,"kernel":true,"kernelTCP":true,"swappiness":true,"disableOOMKiller":true,"useHierarchy":true,"checkBeforeUpdate":true},"dynamicProps":false,"dynamicItems":false};

const schema48 = {"description":"CPU shares and limits; times in microseconds.","type":"object","properties":{"shares":{"$ref":"#/$defs/uint64"},"quota":{"$ref":"#/$defs/int64"},"burst":{"$ref":"#/$defs/uint64"},"period":{"$ref":"#/$defs/uint64"},"realtimeRuntime":{"$ref":"#/$defs/int64"},"realtimePeriod":{"$ref":"#/$defs/uint64"},"cpus":{"type":"string","description":"A list like 0-3,7."},"mems":{"type":"string","description":"A list like 0-3,7."},"idle":{"$ref":"#/$defs/int64"}},"propertyNames":{"enum":["shares","quota","burst","period","realtimeRuntime","realtimePeriod","cpus","mems","idle"]}};

function validate137(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate137.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((((key0 === "shares") || (key0 === "quota")) || (key0 === "burst")) || (key0 === "period")) || (key0 === "realtimeRuntime")) || (key0 === "realtimePeriod")) || (key0 === "cpus")) || (key0 === "mems")) || (key0 === "idle"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema48.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.shares !== undefined){
if(!(validate85(data.shares, {instancePath:instancePath+"/shares",parentData:data,parentDataProperty:"shares",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.quota !== undefined){
if(!(validate112(data.quota, {instancePath:instancePath+"/quota",parentData:data,parentDataProperty:"quota",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.burst !== undefined){
if(!(validate85(data.burst, {instancePath:instancePath+"/burst",parentData:data,parentDataProperty:"burst",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.period !== undefined){
if(!(validate85(data.period, {instancePath:instancePath+"/period",parentData:data,parentDataProperty:"period",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.realtimeRuntime !== undefined){
if(!(validate112(data.realtimeRuntime, {instancePath:instancePath+"/realtimeRuntime",parentData:data,parentDataProperty:"realtimeRuntime",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.realtimePeriod !== undefined){
if(!(validate85(data.realtimePeriod, {instancePath:instancePath+"/realtimePeriod",parentData:data,parentDataProperty:"realtimePeriod",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
if(data.cpus !== undefined){
if(typeof data.cpus !== "string"){
const err2 = {instancePath:instancePath+"/cpus",schemaPath:"#/properties/cpus/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.mems !== undefined){
if(typeof data.mems !== "string"){
const err3 = {instancePath:instancePath+"/mems",schemaPath:"#/properties/mems/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.idle !== undefined){
if(!(validate112(data.idle, {instancePath:instancePath+"/idle",parentData:data,parentDataProperty:"idle",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate137.errors = vErrors;
return errors === 0;
}
validate137.evaluated = {"props":{"shares":true,"quota":true,"burst":true,"period":true,"realtimeRuntime":true,"realtimePeriod":true,"cpus":true,"mems":true,"idle":true},"dynamicProps":false,"dynamicItems":false};

const schema49 = {"description":"Number of tasks.","type":"object","properties":{"limit":{"$ref":"#/$defs/int64","description":"-1 is unlimited."}},"propertyNames":{"enum":["limit"]}};

function validate146(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate146.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(key0 === "limit")){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema49.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.limit !== undefined){
if(!(validate112(data.limit, {instancePath:instancePath+"/limit",parentData:data,parentDataProperty:"limit",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate146.errors = vErrors;
return errors === 0;
}
validate146.evaluated = {"props":{"limit":true},"dynamicProps":false,"dynamicItems":false};

const schema50 = {"description":"Weights and rates of block devices.","type":"object","properties":{"weight":{"$ref":"#/$defs/uint16"},"leafWeight":{"$ref":"#/$defs/uint16"},"weightDevice":{"type":"array","items":{"$ref":"#/$defs/WeightDevice"}},"throttleReadBpsDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}},"throttleWriteBpsDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}},"throttleReadIOPSDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}},"throttleWriteIOPSDevice":{"type":"array","items":{"$ref":"#/$defs/ThrottleDevice"}}},"propertyNames":{"enum":["weight","leafWeight","weightDevice","throttleReadBpsDevice","throttleWriteBpsDevice","throttleReadIOPSDevice","throttleWriteIOPSDevice"]}};
const schema51 = {"description":"Weights of one device.","type":"object","required":["major","minor"],"properties":{"major":{"$ref":"#/$defs/int64"},"minor":{"$ref":"#/$defs/int64"},"weight":{"$ref":"#/$defs/uint16"},"leafWeight":{"$ref":"#/$defs/uint16"}},"propertyNames":{"enum":["major","minor","weight","leafWeight"]}};

function validate152(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate152.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.major === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "major"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.minor === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "minor"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((key0 === "major") || (key0 === "minor")) || (key0 === "weight")) || (key0 === "leafWeight"))){
const err2 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema51.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.major !== undefined){
if(!(validate112(data.major, {instancePath:instancePath+"/major",parentData:data,parentDataProperty:"major",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.minor !== undefined){
if(!(validate112(data.minor, {instancePath:instancePath+"/minor",parentData:data,parentDataProperty:"minor",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.weight !== undefined){
if(!(validate66(data.weight, {instancePath:instancePath+"/weight",parentData:data,parentDataProperty:"weight",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
if(data.leafWeight !== undefined){
if(!(validate66(data.leafWeight, {instancePath:instancePath+"/leafWeight",parentData:data,parentDataProperty:"leafWeight",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate152.errors = vErrors;
return errors === 0;
}
validate152.evaluated = {"props":{"major":true,"minor":true,"weight":true,"leafWeight":true},"dynamicProps":false,"dynamicItems":false};

const schema52 = {"description":"A rate of one device, per second.","type":"object","required":["major","minor","rate"],"properties":{"major":{"$ref":"#/$defs/int64"},"minor":{"$ref":"#/$defs/int64"},"rate":{"$ref":"#/$defs/uint64"}},"propertyNames":{"enum":["major","minor","rate"]}};

function validate158(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate158.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.major === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "major"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.minor === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "minor"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.rate === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "rate"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((key0 === "major") || (key0 === "minor")) || (key0 === "rate"))){
const err3 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema52.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err4 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.major !== undefined){
if(!(validate112(data.major, {instancePath:instancePath+"/major",parentData:data,parentDataProperty:"major",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.minor !== undefined){
if(!(validate112(data.minor, {instancePath:instancePath+"/minor",parentData:data,parentDataProperty:"minor",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate112.errors : vErrors.concat(validate112.errors);
errors = vErrors.length;
}
}
if(data.rate !== undefined){
if(!(validate85(data.rate, {instancePath:instancePath+"/rate",parentData:data,parentDataProperty:"rate",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate158.errors = vErrors;
return errors === 0;
}
validate158.evaluated = {"props":{"major":true,"minor":true,"rate":true},"dynamicProps":false,"dynamicItems":false};


function validate149(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate149.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((key0 === "weight") || (key0 === "leafWeight")) || (key0 === "weightDevice")) || (key0 === "throttleReadBpsDevice")) || (key0 === "throttleWriteBpsDevice")) || (key0 === "throttleReadIOPSDevice")) || (key0 === "throttleWriteIOPSDevice"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema50.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.weight !== undefined){
if(!(validate66(data.weight, {instancePath:instancePath+"/weight",parentData:data,parentDataProperty:"weight",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
if(data.leafWeight !== undefined){
if(!(validate66(data.leafWeight, {instancePath:instancePath+"/leafWeight",parentData:data,parentDataProperty:"leafWeight",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate66.errors : vErrors.concat(validate66.errors);
errors = vErrors.length;
}
}
if(data.weightDevice !== undefined){
let data2 = data.weightDevice;
if(Array.isArray(data2)){
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
if(!(validate152(data2[i0], {instancePath:instancePath+"/weightDevice/" + i0,parentData:data2,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate152.errors : vErrors.concat(validate152.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath:instancePath+"/weightDevice",schemaPath:"#/properties/weightDevice/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.throttleReadBpsDevice !== undefined){
let data4 = data.throttleReadBpsDevice;
if(Array.isArray(data4)){
const len1 = data4.length;
for(let i1=0; i1<len1; i1++){
if(!(validate158(data4[i1], {instancePath:instancePath+"/throttleReadBpsDevice/" + i1,parentData:data4,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate158.errors : vErrors.concat(validate158.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/throttleReadBpsDevice",schemaPath:"#/properties/throttleReadBpsDevice/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.throttleWriteBpsDevice !== undefined){
let data6 = data.throttleWriteBpsDevice;
if(Array.isArray(data6)){
const len2 = data6.length;
for(let i2=0; i2<len2; i2++){
if(!(validate158(data6[i2], {instancePath:instancePath+"/throttleWriteBpsDevice/" + i2,parentData:data6,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate158.errors : vErrors.concat(validate158.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/throttleWriteBpsDevice",schemaPath:"#/properties/throttleWriteBpsDevice/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.throttleReadIOPSDevice !== undefined){
let data8 = data.throttleReadIOPSDevice;
if(Array.isArray(data8)){
const len3 = data8.length;
for(let i3=0; i3<len3; i3++){
if(!(validate158(data8[i3], {instancePath:instancePath+"/throttleReadIOPSDevice/" + i3,parentData:data8,parentDataProperty:i3,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate158.errors : vErrors.concat(validate158.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath:instancePath+"/throttleReadIOPSDevice",schemaPath:"#/properties/throttleReadIOPSDevice/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.throttleWriteIOPSDevice !== undefined){
let data10 = data.throttleWriteIOPSDevice;
if(Array.isArray(data10)){
const len4 = data10.length;
for(let i4=0; i4<len4; i4++){
if(!(validate158(data10[i4], {instancePath:instancePath+"/throttleWriteIOPSDevice/" + i4,parentData:data10,parentDataProperty:i4,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate158.errors : vErrors.concat(validate158.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath:instancePath+"/throttleWriteIOPSDevice",schemaPath:"#/properties/throttleWriteIOPSDevice/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate149.errors = vErrors;
return errors === 0;
}
validate149.evaluated = {"props":{"weight":true,"leafWeight":true,"weightDevice":true,"throttleReadBpsDevice":true,"throttleWriteBpsDevice":true,"throttleReadIOPSDevice":true,"throttleWriteIOPSDevice":true},"dynamicProps":false,"dynamicItems":false};

const schema53 = {"description":"Limit of one size of huge pages, in bytes.","type":"object","required":["pageSize","limit"],"properties":{"pageSize":{"type":"string","description":"As 64KB, 2MB, 1GB."},"limit":{"$ref":"#/$defs/uint64"}},"propertyNames":{"enum":["pageSize","limit"]}};

function validate167(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate167.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.pageSize === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "pageSize"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.limit === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "limit"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "pageSize") || (key0 === "limit"))){
const err2 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema53.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.pageSize !== undefined){
if(typeof data.pageSize !== "string"){
const err4 = {instancePath:instancePath+"/pageSize",schemaPath:"#/properties/pageSize/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.limit !== undefined){
if(!(validate85(data.limit, {instancePath:instancePath+"/limit",parentData:data,parentDataProperty:"limit",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate85.errors : vErrors.concat(validate85.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate167.errors = vErrors;
return errors === 0;
}
validate167.evaluated = {"props":{"pageSize":true,"limit":true},"dynamicProps":false,"dynamicItems":false};

const schema54 = {"description":"Classes and priorities of network packets; cgroup v1 only.","type":"object","properties":{"classID":{"$ref":"#/$defs/uint32"},"priorities":{"type":"array","items":{"$ref":"#/$defs/InterfacePriority"}}},"propertyNames":{"enum":["classID","priorities"]}};
const schema55 = {"description":"Priority of one network interface.","type":"object","required":["name","priority"],"properties":{"name":{"type":"string"},"priority":{"$ref":"#/$defs/uint32"}},"propertyNames":{"enum":["name","priority"]}};

function validate172(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate172.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.priority === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "priority"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "name") || (key0 === "priority"))){
const err2 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema55.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.priority !== undefined){
if(!(validate57(data.priority, {instancePath:instancePath+"/priority",parentData:data,parentDataProperty:"priority",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate172.errors = vErrors;
return errors === 0;
}
validate172.evaluated = {"props":{"name":true,"priority":true},"dynamicProps":false,"dynamicItems":false};


function validate170(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate170.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "classID") || (key0 === "priorities"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema54.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.classID !== undefined){
if(!(validate57(data.classID, {instancePath:instancePath+"/classID",parentData:data,parentDataProperty:"classID",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.priorities !== undefined){
let data1 = data.priorities;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
if(!(validate172(data1[i0], {instancePath:instancePath+"/priorities/" + i0,parentData:data1,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate172.errors : vErrors.concat(validate172.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath:instancePath+"/priorities",schemaPath:"#/properties/priorities/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
validate170.errors = vErrors;
return errors === 0;
}
validate170.evaluated = {"props":{"classID":true,"priorities":true},"dynamicProps":false,"dynamicItems":false};

const schema56 = {"description":"Limits of one RDMA device.","type":"object","properties":{"hcaHandles":{"$ref":"#/$defs/uint32"},"hcaObjects":{"$ref":"#/$defs/uint32"}},"propertyNames":{"enum":["hcaHandles","hcaObjects"]}};

function validate176(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate176.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "hcaHandles") || (key0 === "hcaObjects"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema56.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.hcaHandles !== undefined){
if(!(validate57(data.hcaHandles, {instancePath:instancePath+"/hcaHandles",parentData:data,parentDataProperty:"hcaHandles",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.hcaObjects !== undefined){
if(!(validate57(data.hcaObjects, {instancePath:instancePath+"/hcaObjects",parentData:data,parentDataProperty:"hcaObjects",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate176.errors = vErrors;
return errors === 0;
}
validate176.evaluated = {"props":{"hcaHandles":true,"hcaObjects":true},"dynamicProps":false,"dynamicItems":false};


function validate124(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate124.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((((key0 === "devices") || (key0 === "memory")) || (key0 === "cpu")) || (key0 === "pids")) || (key0 === "blockIO")) || (key0 === "hugepageLimits")) || (key0 === "network")) || (key0 === "rdma")) || (key0 === "unified"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema45.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.devices !== undefined){
let data0 = data.devices;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(!(validate125(data0[i0], {instancePath:instancePath+"/devices/" + i0,parentData:data0,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate125.errors : vErrors.concat(validate125.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath:instancePath+"/devices",schemaPath:"#/properties/devices/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.memory !== undefined){
if(!(validate129(data.memory, {instancePath:instancePath+"/memory",parentData:data,parentDataProperty:"memory",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate129.errors : vErrors.concat(validate129.errors);
errors = vErrors.length;
}
}
if(data.cpu !== undefined){
if(!(validate137(data.cpu, {instancePath:instancePath+"/cpu",parentData:data,parentDataProperty:"cpu",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate137.errors : vErrors.concat(validate137.errors);
errors = vErrors.length;
}
}
if(data.pids !== undefined){
if(!(validate146(data.pids, {instancePath:instancePath+"/pids",parentData:data,parentDataProperty:"pids",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate146.errors : vErrors.concat(validate146.errors);
errors = vErrors.length;
}
}
if(data.blockIO !== undefined){
if(!(validate149(data.blockIO, {instancePath:instancePath+"/blockIO",parentData:data,parentDataProperty:"blockIO",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate149.errors : vErrors.concat(validate149.errors);
errors = vErrors.length;
}
}
if(data.hugepageLimits !== undefined){
let data6 = data.hugepageLimits;
if(Array.isArray(data6)){
const len1 = data6.length;
for(let i1=0; i1<len1; i1++){
if(!(validate167(data6[i1], {instancePath:instancePath+"/hugepageLimits/" + i1,parentData:data6,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate167.errors : vErrors.concat(validate167.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/hugepageLimits",schemaPath:"#/properties/hugepageLimits/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.network !== undefined){
if(!(validate170(data.network, {instancePath:instancePath+"/network",parentData:data,parentDataProperty:"network",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate170.errors : vErrors.concat(validate170.errors);
errors = vErrors.length;
}
}
if(data.rdma !== undefined){
let data9 = data.rdma;
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key1 in data9){
if(!(validate176(data9[key1], {instancePath:instancePath+"/rdma/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data9,parentDataProperty:key1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate176.errors : vErrors.concat(validate176.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/rdma",schemaPath:"#/properties/rdma/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.unified !== undefined){
if(!(validate104(data.unified, {instancePath:instancePath+"/unified",parentData:data,parentDataProperty:"unified",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate104.errors : vErrors.concat(validate104.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate124.errors = vErrors;
return errors === 0;
}
validate124.evaluated = {"props":{"devices":true,"memory":true,"cpu":true,"pids":true,"blockIO":true,"hugepageLimits":true,"network":true,"rdma":true,"unified":true},"dynamicProps":false,"dynamicItems":false};

const schema57 = {"description":"resctrl groups (config-linux.md, IntelRdt).","type":"object","properties":{"closID":{"type":"string"},"schemata":{"type":"array","items":{"type":"string"}},"l3CacheSchema":{"type":"string"},"memBwSchema":{"type":"string"},"enableMonitoring":{"type":"boolean"},"enableCMT":{"type":"boolean","description":"Before 1.3."},"enableMBM":{"type":"boolean","description":"Before 1.3."}},"propertyNames":{"enum":["closID","schemata","l3CacheSchema","memBwSchema","enableMonitoring","enableCMT","enableMBM"]}};

function validate182(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate182.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((key0 === "closID") || (key0 === "schemata")) || (key0 === "l3CacheSchema")) || (key0 === "memBwSchema")) || (key0 === "enableMonitoring")) || (key0 === "enableCMT")) || (key0 === "enableMBM"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema57.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.closID !== undefined){
if(typeof data.closID !== "string"){
const err2 = {instancePath:instancePath+"/closID",schemaPath:"#/properties/closID/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.schemata !== undefined){
let data1 = data.schemata;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
if(typeof data1[i0] !== "string"){
const err3 = {instancePath:instancePath+"/schemata/" + i0,schemaPath:"#/properties/schemata/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
else {
const err4 = {instancePath:instancePath+"/schemata",schemaPath:"#/properties/schemata/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.l3CacheSchema !== undefined){
if(typeof data.l3CacheSchema !== "string"){
const err5 = {instancePath:instancePath+"/l3CacheSchema",schemaPath:"#/properties/l3CacheSchema/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.memBwSchema !== undefined){
if(typeof data.memBwSchema !== "string"){
const err6 = {instancePath:instancePath+"/memBwSchema",schemaPath:"#/properties/memBwSchema/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.enableMonitoring !== undefined){
if(typeof data.enableMonitoring !== "boolean"){
const err7 = {instancePath:instancePath+"/enableMonitoring",schemaPath:"#/properties/enableMonitoring/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.enableCMT !== undefined){
if(typeof data.enableCMT !== "boolean"){
const err8 = {instancePath:instancePath+"/enableCMT",schemaPath:"#/properties/enableCMT/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.enableMBM !== undefined){
if(typeof data.enableMBM !== "boolean"){
const err9 = {instancePath:instancePath+"/enableMBM",schemaPath:"#/properties/enableMBM/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
}
else {
const err10 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
validate182.errors = vErrors;
return errors === 0;
}
validate182.evaluated = {"props":{"closID":true,"schemata":true,"l3CacheSchema":true,"memBwSchema":true,"enableMonitoring":true,"enableCMT":true,"enableMBM":true},"dynamicProps":false,"dynamicItems":false};

const schema58 = {"description":"set_mempolicy(2).","type":"object","required":["mode"],"properties":{"mode":{"enum":["MPOL_DEFAULT","MPOL_PREFERRED","MPOL_BIND","MPOL_INTERLEAVE","MPOL_LOCAL","MPOL_PREFERRED_MANY","MPOL_WEIGHTED_INTERLEAVE"]},"nodes":{"type":"string","description":"A list like 0-3,7."},"flags":{"type":"array","items":{"enum":["MPOL_F_NUMA_BALANCING","MPOL_F_RELATIVE_NODES","MPOL_F_STATIC_NODES"]}}},"propertyNames":{"enum":["mode","nodes","flags"]}};

function validate184(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate184.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.mode === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "mode"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((key0 === "mode") || (key0 === "nodes")) || (key0 === "flags"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema58.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.mode !== undefined){
let data0 = data.mode;
if(!(((((((data0 === "MPOL_DEFAULT") || (data0 === "MPOL_PREFERRED")) || (data0 === "MPOL_BIND")) || (data0 === "MPOL_INTERLEAVE")) || (data0 === "MPOL_LOCAL")) || (data0 === "MPOL_PREFERRED_MANY")) || (data0 === "MPOL_WEIGHTED_INTERLEAVE"))){
const err3 = {instancePath:instancePath+"/mode",schemaPath:"#/properties/mode/enum",keyword:"enum",params:{allowedValues: schema58.properties.mode.enum}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.nodes !== undefined){
if(typeof data.nodes !== "string"){
const err4 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.flags !== undefined){
let data2 = data.flags;
if(Array.isArray(data2)){
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
let data3 = data2[i0];
if(!(((data3 === "MPOL_F_NUMA_BALANCING") || (data3 === "MPOL_F_RELATIVE_NODES")) || (data3 === "MPOL_F_STATIC_NODES"))){
const err5 = {instancePath:instancePath+"/flags/" + i0,schemaPath:"#/properties/flags/items/enum",keyword:"enum",params:{allowedValues: schema58.properties.flags.items.enum}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
else {
const err6 = {instancePath:instancePath+"/flags",schemaPath:"#/properties/flags/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate184.errors = vErrors;
return errors === 0;
}
validate184.evaluated = {"props":{"mode":true,"nodes":true,"flags":true},"dynamicProps":false,"dynamicItems":false};

const schema59 = {"description":"The system call filter, seccomp(2) (config-linux.md, Seccomp).","type":"object","required":["defaultAction"],"properties":{"defaultAction":{"$ref":"#/$defs/SeccompAction"},"defaultErrnoRet":{"$ref":"#/$defs/uint32"},"architectures":{"type":"array","items":{"$ref":"#/$defs/SeccompArch"}},"flags":{"type":"array","items":{"$ref":"#/$defs/SeccompFlag"}},"listenerPath":{"type":"string","description":"Socket that receives the notify descriptor."},"listenerMetadata":{"type":"string"},"syscalls":{"type":"array","items":{"$ref":"#/$defs/SeccompSyscall"}}},"propertyNames":{"enum":["defaultAction","defaultErrnoRet","architectures","flags","listenerPath","listenerMetadata","syscalls"]}};
const schema60 = {"enum":["SCMP_ACT_ALLOW","SCMP_ACT_ERRNO","SCMP_ACT_KILL","SCMP_ACT_KILL_PROCESS","SCMP_ACT_KILL_THREAD","SCMP_ACT_LOG","SCMP_ACT_NOTIFY","SCMP_ACT_TRACE","SCMP_ACT_TRAP"]};

function validate188(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate188.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((((((((data === "SCMP_ACT_ALLOW") || (data === "SCMP_ACT_ERRNO")) || (data === "SCMP_ACT_KILL")) || (data === "SCMP_ACT_KILL_PROCESS")) || (data === "SCMP_ACT_KILL_THREAD")) || (data === "SCMP_ACT_LOG")) || (data === "SCMP_ACT_NOTIFY")) || (data === "SCMP_ACT_TRACE")) || (data === "SCMP_ACT_TRAP"))){
const err0 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema60.enum}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate188.errors = vErrors;
return errors === 0;
}
validate188.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema61 = {"enum":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32","SCMP_ARCH_AARCH64","SCMP_ARCH_ARM","SCMP_ARCH_MIPS","SCMP_ARCH_MIPS64","SCMP_ARCH_MIPS64N32","SCMP_ARCH_MIPSEL","SCMP_ARCH_MIPSEL64","SCMP_ARCH_MIPSEL64N32","SCMP_ARCH_PPC","SCMP_ARCH_PPC64","SCMP_ARCH_PPC64LE","SCMP_ARCH_S390","SCMP_ARCH_S390X","SCMP_ARCH_PARISC","SCMP_ARCH_PARISC64","SCMP_ARCH_RISCV64","SCMP_ARCH_LOONGARCH64","SCMP_ARCH_M68K","SCMP_ARCH_SH","SCMP_ARCH_SHEB"]};

function validate191(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate191.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((((((((((((((((((((((data === "SCMP_ARCH_X86_64") || (data === "SCMP_ARCH_X86")) || (data === "SCMP_ARCH_X32")) || (data === "SCMP_ARCH_AARCH64")) || (data === "SCMP_ARCH_ARM")) || (data === "SCMP_ARCH_MIPS")) || (data === "SCMP_ARCH_MIPS64")) || (data === "SCMP_ARCH_MIPS64N32")) || (data === "SCMP_ARCH_MIPSEL")) || (data === "SCMP_ARCH_MIPSEL64")) || (data === "SCMP_ARCH_MIPSEL64N32")) || (data === "SCMP_ARCH_PPC")) || (data === "SCMP_ARCH_PPC64")) || (data === "SCMP_ARCH_PPC64LE")) || (data === "SCMP_ARCH_S390")) || (data === "SCMP_ARCH_S390X")) || (data === "SCMP_ARCH_PARISC")) || (data === "SCMP_ARCH_PARISC64")) || (data === "SCMP_ARCH_RISCV64")) || (data === "SCMP_ARCH_LOONGARCH64")) || (data === "SCMP_ARCH_M68K")) || (data === "SCMP_ARCH_SH")) || (data === "SCMP_ARCH_SHEB"))){
const err0 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema61.enum}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate191.errors = vErrors;
return errors === 0;
}
validate191.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema62 = {"enum":["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]};

function validate193(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate193.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!((((data === "SECCOMP_FILTER_FLAG_TSYNC") || (data === "SECCOMP_FILTER_FLAG_LOG")) || (data === "SECCOMP_FILTER_FLAG_SPEC_ALLOW")) || (data === "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"))){
const err0 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema62.enum}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate193.errors = vErrors;
return errors === 0;
}
validate193.evaluated = {"dynamicProps":false,"dynamicItems":false};

const schema63 = {"description":"What happens to some system calls.","type":"object","required":["names","action"],"properties":{"names":{"type":"array","items":{"type":"string"}},"action":{"$ref":"#/$defs/SeccompAction"},"errnoRet":{"$ref":"#/$defs/uint32"},"args":{"type":"array","items":{"$ref":"#/$defs/SeccompArg"}}},"propertyNames":{"enum":["names","action","errnoRet","args"]}};
const schema64 = {"description":"A condition on one argument of a system call.","type":"object","required":["index","value","op"],"properties":{"index":{"type":"integer","minimum":0,"maximum":5},"value":{"$ref":"#/$defs/exactUint64"},"valueTwo":{"$ref":"#/$defs/exactUint64","description":"The value, where op is SCMP_CMP_MASKED_EQ and value the mask."},"op":{"$ref":"#/$defs/SeccompOperator"}},"propertyNames":{"enum":["index","value","valueTwo","op"]}};
const schema65 = {"enum":["SCMP_CMP_NE","SCMP_CMP_LT","SCMP_CMP_LE","SCMP_CMP_EQ","SCMP_CMP_GE","SCMP_CMP_GT","SCMP_CMP_MASKED_EQ"]};

function validate201(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate201.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(((((((data === "SCMP_CMP_NE") || (data === "SCMP_CMP_LT")) || (data === "SCMP_CMP_LE")) || (data === "SCMP_CMP_EQ")) || (data === "SCMP_CMP_GE")) || (data === "SCMP_CMP_GT")) || (data === "SCMP_CMP_MASKED_EQ"))){
const err0 = {instancePath,schemaPath:"#/enum",keyword:"enum",params:{allowedValues: schema65.enum}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate201.errors = vErrors;
return errors === 0;
}
validate201.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate198(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate198.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.index === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "index"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.value === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "value"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(data.op === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "op"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((key0 === "index") || (key0 === "value")) || (key0 === "valueTwo")) || (key0 === "op"))){
const err3 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema64.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err4 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.index !== undefined){
let data0 = data.index;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err5 = {instancePath:instancePath+"/index",schemaPath:"#/properties/index/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 5 || isNaN(data0)){
const err6 = {instancePath:instancePath+"/index",schemaPath:"#/properties/index/maximum",keyword:"maximum",params:{comparison: "<=", limit: 5}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data0 < 0 || isNaN(data0)){
const err7 = {instancePath:instancePath+"/index",schemaPath:"#/properties/index/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
if(data.value !== undefined){
if(!(validate78(data.value, {instancePath:instancePath+"/value",parentData:data,parentDataProperty:"value",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
if(data.valueTwo !== undefined){
if(!(validate78(data.valueTwo, {instancePath:instancePath+"/valueTwo",parentData:data,parentDataProperty:"valueTwo",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
if(data.op !== undefined){
if(!(validate201(data.op, {instancePath:instancePath+"/op",parentData:data,parentDataProperty:"op",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate201.errors : vErrors.concat(validate201.errors);
errors = vErrors.length;
}
}
}
else {
const err8 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
validate198.errors = vErrors;
return errors === 0;
}
validate198.evaluated = {"props":{"index":true,"value":true,"valueTwo":true,"op":true},"dynamicProps":false,"dynamicItems":false};


function validate195(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate195.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.names === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "names"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.action === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "action"}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((key0 === "names") || (key0 === "action")) || (key0 === "errnoRet")) || (key0 === "args"))){
const err2 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema63.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err3 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.names !== undefined){
let data0 = data.names;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(typeof data0[i0] !== "string"){
const err4 = {instancePath:instancePath+"/names/" + i0,schemaPath:"#/properties/names/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/names",schemaPath:"#/properties/names/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.action !== undefined){
if(!(validate188(data.action, {instancePath:instancePath+"/action",parentData:data,parentDataProperty:"action",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate188.errors : vErrors.concat(validate188.errors);
errors = vErrors.length;
}
}
if(data.errnoRet !== undefined){
if(!(validate57(data.errnoRet, {instancePath:instancePath+"/errnoRet",parentData:data,parentDataProperty:"errnoRet",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.args !== undefined){
let data4 = data.args;
if(Array.isArray(data4)){
const len1 = data4.length;
for(let i1=0; i1<len1; i1++){
if(!(validate198(data4[i1], {instancePath:instancePath+"/args/" + i1,parentData:data4,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate198.errors : vErrors.concat(validate198.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath:instancePath+"/args",schemaPath:"#/properties/args/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate195.errors = vErrors;
return errors === 0;
}
validate195.evaluated = {"props":{"names":true,"action":true,"errnoRet":true,"args":true},"dynamicProps":false,"dynamicItems":false};


function validate187(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate187.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.defaultAction === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "defaultAction"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!(((((((key0 === "defaultAction") || (key0 === "defaultErrnoRet")) || (key0 === "architectures")) || (key0 === "flags")) || (key0 === "listenerPath")) || (key0 === "listenerMetadata")) || (key0 === "syscalls"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema59.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.defaultAction !== undefined){
if(!(validate188(data.defaultAction, {instancePath:instancePath+"/defaultAction",parentData:data,parentDataProperty:"defaultAction",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate188.errors : vErrors.concat(validate188.errors);
errors = vErrors.length;
}
}
if(data.defaultErrnoRet !== undefined){
if(!(validate57(data.defaultErrnoRet, {instancePath:instancePath+"/defaultErrnoRet",parentData:data,parentDataProperty:"defaultErrnoRet",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate57.errors : vErrors.concat(validate57.errors);
errors = vErrors.length;
}
}
if(data.architectures !== undefined){
let data2 = data.architectures;
if(Array.isArray(data2)){
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
if(!(validate191(data2[i0], {instancePath:instancePath+"/architectures/" + i0,parentData:data2,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate191.errors : vErrors.concat(validate191.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/architectures",schemaPath:"#/properties/architectures/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.flags !== undefined){
let data4 = data.flags;
if(Array.isArray(data4)){
const len1 = data4.length;
for(let i1=0; i1<len1; i1++){
if(!(validate193(data4[i1], {instancePath:instancePath+"/flags/" + i1,parentData:data4,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate193.errors : vErrors.concat(validate193.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/flags",schemaPath:"#/properties/flags/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.listenerPath !== undefined){
if(typeof data.listenerPath !== "string"){
const err5 = {instancePath:instancePath+"/listenerPath",schemaPath:"#/properties/listenerPath/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.listenerMetadata !== undefined){
if(typeof data.listenerMetadata !== "string"){
const err6 = {instancePath:instancePath+"/listenerMetadata",schemaPath:"#/properties/listenerMetadata/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.syscalls !== undefined){
let data8 = data.syscalls;
if(Array.isArray(data8)){
const len2 = data8.length;
for(let i2=0; i2<len2; i2++){
if(!(validate195(data8[i2], {instancePath:instancePath+"/syscalls/" + i2,parentData:data8,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate195.errors : vErrors.concat(validate195.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath:instancePath+"/syscalls",schemaPath:"#/properties/syscalls/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
validate187.errors = vErrors;
return errors === 0;
}
validate187.evaluated = {"props":{"defaultAction":true,"defaultErrnoRet":true,"architectures":true,"flags":true,"listenerPath":true,"listenerMetadata":true,"syscalls":true},"dynamicProps":false,"dynamicItems":false};

const schema66 = {"description":"personality(2).","type":"object","required":["domain"],"properties":{"domain":{"enum":["LINUX","LINUX32"]},"flags":{"type":"array","items":{"type":"string"}}},"propertyNames":{"enum":["domain","flags"]}};

function validate206(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate206.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.domain === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "domain"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((key0 === "domain") || (key0 === "flags"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema66.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.domain !== undefined){
let data0 = data.domain;
if(!((data0 === "LINUX") || (data0 === "LINUX32"))){
const err3 = {instancePath:instancePath+"/domain",schemaPath:"#/properties/domain/enum",keyword:"enum",params:{allowedValues: schema66.properties.domain.enum}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.flags !== undefined){
let data1 = data.flags;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
if(typeof data1[i0] !== "string"){
const err4 = {instancePath:instancePath+"/flags/" + i0,schemaPath:"#/properties/flags/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/flags",schemaPath:"#/properties/flags/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
validate206.errors = vErrors;
return errors === 0;
}
validate206.evaluated = {"props":{"domain":true,"flags":true},"dynamicProps":false,"dynamicItems":false};


function validate106(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate106.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((((((((((((key0 === "namespaces") || (key0 === "uidMappings")) || (key0 === "gidMappings")) || (key0 === "timeOffsets")) || (key0 === "devices")) || (key0 === "netDevices")) || (key0 === "cgroupsPath")) || (key0 === "resources")) || (key0 === "intelRdt")) || (key0 === "memoryPolicy")) || (key0 === "sysctl")) || (key0 === "seccomp")) || (key0 === "rootfsPropagation")) || (key0 === "maskedPaths")) || (key0 === "readonlyPaths")) || (key0 === "mountLabel")) || (key0 === "personality"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema39.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.namespaces !== undefined){
let data0 = data.namespaces;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(!(validate107(data0[i0], {instancePath:instancePath+"/namespaces/" + i0,parentData:data0,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate107.errors : vErrors.concat(validate107.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath:instancePath+"/namespaces",schemaPath:"#/properties/namespaces/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.uidMappings !== undefined){
let data2 = data.uidMappings;
if(Array.isArray(data2)){
const len1 = data2.length;
for(let i1=0; i1<len1; i1++){
if(!(validate56(data2[i1], {instancePath:instancePath+"/uidMappings/" + i1,parentData:data2,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/uidMappings",schemaPath:"#/properties/uidMappings/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.gidMappings !== undefined){
let data4 = data.gidMappings;
if(Array.isArray(data4)){
const len2 = data4.length;
for(let i2=0; i2<len2; i2++){
if(!(validate56(data4[i2], {instancePath:instancePath+"/gidMappings/" + i2,parentData:data4,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate56.errors : vErrors.concat(validate56.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/gidMappings",schemaPath:"#/properties/gidMappings/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.timeOffsets !== undefined){
let data6 = data.timeOffsets;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
for(const key1 in data6){
if(!(validate111(data6[key1], {instancePath:instancePath+"/timeOffsets/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data6,parentDataProperty:key1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate111.errors : vErrors.concat(validate111.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath:instancePath+"/timeOffsets",schemaPath:"#/properties/timeOffsets/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.devices !== undefined){
let data8 = data.devices;
if(Array.isArray(data8)){
const len3 = data8.length;
for(let i3=0; i3<len3; i3++){
if(!(validate115(data8[i3], {instancePath:instancePath+"/devices/" + i3,parentData:data8,parentDataProperty:i3,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate115.errors : vErrors.concat(validate115.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath:instancePath+"/devices",schemaPath:"#/properties/devices/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.netDevices !== undefined){
let data10 = data.netDevices;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key2 in data10){
if(!(validate122(data10[key2], {instancePath:instancePath+"/netDevices/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data10,parentDataProperty:key2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate122.errors : vErrors.concat(validate122.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath:instancePath+"/netDevices",schemaPath:"#/properties/netDevices/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.cgroupsPath !== undefined){
if(typeof data.cgroupsPath !== "string"){
const err8 = {instancePath:instancePath+"/cgroupsPath",schemaPath:"#/properties/cgroupsPath/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.resources !== undefined){
if(!(validate124(data.resources, {instancePath:instancePath+"/resources",parentData:data,parentDataProperty:"resources",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate124.errors : vErrors.concat(validate124.errors);
errors = vErrors.length;
}
}
if(data.intelRdt !== undefined){
if(!(validate182(data.intelRdt, {instancePath:instancePath+"/intelRdt",parentData:data,parentDataProperty:"intelRdt",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate182.errors : vErrors.concat(validate182.errors);
errors = vErrors.length;
}
}
if(data.memoryPolicy !== undefined){
if(!(validate184(data.memoryPolicy, {instancePath:instancePath+"/memoryPolicy",parentData:data,parentDataProperty:"memoryPolicy",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate184.errors : vErrors.concat(validate184.errors);
errors = vErrors.length;
}
}
if(data.sysctl !== undefined){
if(!(validate104(data.sysctl, {instancePath:instancePath+"/sysctl",parentData:data,parentDataProperty:"sysctl",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate104.errors : vErrors.concat(validate104.errors);
errors = vErrors.length;
}
}
if(data.seccomp !== undefined){
if(!(validate187(data.seccomp, {instancePath:instancePath+"/seccomp",parentData:data,parentDataProperty:"seccomp",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate187.errors : vErrors.concat(validate187.errors);
errors = vErrors.length;
}
}
if(data.rootfsPropagation !== undefined){
let data18 = data.rootfsPropagation;
if(!(((((((((data18 === "") || (data18 === "shared")) || (data18 === "rshared")) || (data18 === "slave")) || (data18 === "rslave")) || (data18 === "private")) || (data18 === "rprivate")) || (data18 === "unbindable")) || (data18 === "runbindable"))){
const err9 = {instancePath:instancePath+"/rootfsPropagation",schemaPath:"#/properties/rootfsPropagation/enum",keyword:"enum",params:{allowedValues: schema39.properties.rootfsPropagation.enum}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.maskedPaths !== undefined){
let data19 = data.maskedPaths;
if(Array.isArray(data19)){
const len4 = data19.length;
for(let i4=0; i4<len4; i4++){
if(typeof data19[i4] !== "string"){
const err10 = {instancePath:instancePath+"/maskedPaths/" + i4,schemaPath:"#/properties/maskedPaths/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
else {
const err11 = {instancePath:instancePath+"/maskedPaths",schemaPath:"#/properties/maskedPaths/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.readonlyPaths !== undefined){
let data21 = data.readonlyPaths;
if(Array.isArray(data21)){
const len5 = data21.length;
for(let i5=0; i5<len5; i5++){
if(typeof data21[i5] !== "string"){
const err12 = {instancePath:instancePath+"/readonlyPaths/" + i5,schemaPath:"#/properties/readonlyPaths/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
}
else {
const err13 = {instancePath:instancePath+"/readonlyPaths",schemaPath:"#/properties/readonlyPaths/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.mountLabel !== undefined){
if(typeof data.mountLabel !== "string"){
const err14 = {instancePath:instancePath+"/mountLabel",schemaPath:"#/properties/mountLabel/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data.personality !== undefined){
if(!(validate206(data.personality, {instancePath:instancePath+"/personality",parentData:data,parentDataProperty:"personality",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate206.errors : vErrors.concat(validate206.errors);
errors = vErrors.length;
}
}
}
else {
const err15 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
validate106.errors = vErrors;
return errors === 0;
}
validate106.evaluated = {"props":{"namespaces":true,"uidMappings":true,"gidMappings":true,"timeOffsets":true,"devices":true,"netDevices":true,"cgroupsPath":true,"resources":true,"intelRdt":true,"memoryPolicy":true,"sysctl":true,"seccomp":true,"rootfsPropagation":true,"maskedPaths":true,"readonlyPaths":true,"mountLabel":true,"personality":true},"dynamicProps":false,"dynamicItems":false};

const schema67 = {"type":"object","description":"Another platform's part; not read."};

function validate209(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate209.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(!(data && typeof data == "object" && !Array.isArray(data))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
validate209.errors = vErrors;
return errors === 0;
}
validate209.evaluated = {"dynamicProps":false,"dynamicItems":false};


function validate52(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="config.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate52.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.ociVersion === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "ociVersion"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((((((((((((key0 === "ociVersion") || (key0 === "root")) || (key0 === "mounts")) || (key0 === "process")) || (key0 === "hostname")) || (key0 === "domainname")) || (key0 === "hooks")) || (key0 === "annotations")) || (key0 === "linux")) || (key0 === "solaris")) || (key0 === "windows")) || (key0 === "vm")) || (key0 === "zos")) || (key0 === "freebsd"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema19.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.ociVersion !== undefined){
if(typeof data.ociVersion !== "string"){
const err3 = {instancePath:instancePath+"/ociVersion",schemaPath:"#/properties/ociVersion/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.root !== undefined){
if(!(validate53(data.root, {instancePath:instancePath+"/root",parentData:data,parentDataProperty:"root",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate53.errors : vErrors.concat(validate53.errors);
errors = vErrors.length;
}
}
if(data.mounts !== undefined){
let data2 = data.mounts;
if(Array.isArray(data2)){
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
if(!(validate55(data2[i0], {instancePath:instancePath+"/mounts/" + i0,parentData:data2,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate55.errors : vErrors.concat(validate55.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/mounts",schemaPath:"#/properties/mounts/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.process !== undefined){
if(!(validate64(data.process, {instancePath:instancePath+"/process",parentData:data,parentDataProperty:"process",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate64.errors : vErrors.concat(validate64.errors);
errors = vErrors.length;
}
}
if(data.hostname !== undefined){
if(typeof data.hostname !== "string"){
const err5 = {instancePath:instancePath+"/hostname",schemaPath:"#/properties/hostname/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.domainname !== undefined){
if(typeof data.domainname !== "string"){
const err6 = {instancePath:instancePath+"/domainname",schemaPath:"#/properties/domainname/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.hooks !== undefined){
if(!(validate95(data.hooks, {instancePath:instancePath+"/hooks",parentData:data,parentDataProperty:"hooks",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate95.errors : vErrors.concat(validate95.errors);
errors = vErrors.length;
}
}
if(data.annotations !== undefined){
if(!(validate104(data.annotations, {instancePath:instancePath+"/annotations",parentData:data,parentDataProperty:"annotations",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate104.errors : vErrors.concat(validate104.errors);
errors = vErrors.length;
}
}
if(data.linux !== undefined){
if(!(validate106(data.linux, {instancePath:instancePath+"/linux",parentData:data,parentDataProperty:"linux",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate106.errors : vErrors.concat(validate106.errors);
errors = vErrors.length;
}
}
if(data.solaris !== undefined){
if(!(validate209(data.solaris, {instancePath:instancePath+"/solaris",parentData:data,parentDataProperty:"solaris",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate209.errors : vErrors.concat(validate209.errors);
errors = vErrors.length;
}
}
if(data.windows !== undefined){
if(!(validate209(data.windows, {instancePath:instancePath+"/windows",parentData:data,parentDataProperty:"windows",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate209.errors : vErrors.concat(validate209.errors);
errors = vErrors.length;
}
}
if(data.vm !== undefined){
if(!(validate209(data.vm, {instancePath:instancePath+"/vm",parentData:data,parentDataProperty:"vm",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate209.errors : vErrors.concat(validate209.errors);
errors = vErrors.length;
}
}
if(data.zos !== undefined){
if(!(validate209(data.zos, {instancePath:instancePath+"/zos",parentData:data,parentDataProperty:"zos",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate209.errors : vErrors.concat(validate209.errors);
errors = vErrors.length;
}
}
if(data.freebsd !== undefined){
if(!(validate209(data.freebsd, {instancePath:instancePath+"/freebsd",parentData:data,parentDataProperty:"freebsd",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate209.errors : vErrors.concat(validate209.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate52.errors = vErrors;
return errors === 0;
}
validate52.evaluated = {"props":{"ociVersion":true,"root":true,"mounts":true,"process":true,"hostname":true,"domainname":true,"hooks":true,"annotations":true,"linux":true,"solaris":true,"windows":true,"vm":true,"zos":true,"freebsd":true},"dynamicProps":false,"dynamicItems":false};

exports.Process = validate215;

function validate215(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate215.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.cwd === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "cwd"}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
const _errs1 = errors;
if(!((((((((((((((((key0 === "terminal") || (key0 === "consoleSize")) || (key0 === "cwd")) || (key0 === "env")) || (key0 === "args")) || (key0 === "commandLine")) || (key0 === "user")) || (key0 === "capabilities")) || (key0 === "rlimits")) || (key0 === "noNewPrivileges")) || (key0 === "apparmorProfile")) || (key0 === "selinuxLabel")) || (key0 === "oomScoreAdj")) || (key0 === "scheduler")) || (key0 === "ioPriority")) || (key0 === "execCPUAffinity"))){
const err1 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema24.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err2 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.terminal !== undefined){
if(typeof data.terminal !== "boolean"){
const err3 = {instancePath:instancePath+"/terminal",schemaPath:"#/properties/terminal/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.consoleSize !== undefined){
if(!(validate65(data.consoleSize, {instancePath:instancePath+"/consoleSize",parentData:data,parentDataProperty:"consoleSize",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate65.errors : vErrors.concat(validate65.errors);
errors = vErrors.length;
}
}
if(data.cwd !== undefined){
if(typeof data.cwd !== "string"){
const err4 = {instancePath:instancePath+"/cwd",schemaPath:"#/properties/cwd/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.env !== undefined){
let data3 = data.env;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
if(typeof data3[i0] !== "string"){
const err5 = {instancePath:instancePath+"/env/" + i0,schemaPath:"#/properties/env/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
else {
const err6 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.args !== undefined){
let data5 = data.args;
if(Array.isArray(data5)){
const len1 = data5.length;
for(let i1=0; i1<len1; i1++){
if(typeof data5[i1] !== "string"){
const err7 = {instancePath:instancePath+"/args/" + i1,schemaPath:"#/properties/args/items/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/args",schemaPath:"#/properties/args/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.commandLine !== undefined){
if(typeof data.commandLine !== "string"){
const err9 = {instancePath:instancePath+"/commandLine",schemaPath:"#/properties/commandLine/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.user !== undefined){
if(!(validate70(data.user, {instancePath:instancePath+"/user",parentData:data,parentDataProperty:"user",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate70.errors : vErrors.concat(validate70.errors);
errors = vErrors.length;
}
}
if(data.capabilities !== undefined){
if(!(validate75(data.capabilities, {instancePath:instancePath+"/capabilities",parentData:data,parentDataProperty:"capabilities",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate75.errors : vErrors.concat(validate75.errors);
errors = vErrors.length;
}
}
if(data.rlimits !== undefined){
let data10 = data.rlimits;
if(Array.isArray(data10)){
const len2 = data10.length;
for(let i2=0; i2<len2; i2++){
if(!(validate77(data10[i2], {instancePath:instancePath+"/rlimits/" + i2,parentData:data10,parentDataProperty:i2,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate77.errors : vErrors.concat(validate77.errors);
errors = vErrors.length;
}
}
}
else {
const err10 = {instancePath:instancePath+"/rlimits",schemaPath:"#/properties/rlimits/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.noNewPrivileges !== undefined){
if(typeof data.noNewPrivileges !== "boolean"){
const err11 = {instancePath:instancePath+"/noNewPrivileges",schemaPath:"#/properties/noNewPrivileges/type",keyword:"type",params:{type: "boolean"}};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.apparmorProfile !== undefined){
if(typeof data.apparmorProfile !== "string"){
const err12 = {instancePath:instancePath+"/apparmorProfile",schemaPath:"#/properties/apparmorProfile/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.selinuxLabel !== undefined){
if(typeof data.selinuxLabel !== "string"){
const err13 = {instancePath:instancePath+"/selinuxLabel",schemaPath:"#/properties/selinuxLabel/type",keyword:"type",params:{type: "string"}};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.oomScoreAdj !== undefined){
let data15 = data.oomScoreAdj;
if(!(((typeof data15 == "number") && (!(data15 % 1) && !isNaN(data15))) && (isFinite(data15)))){
const err14 = {instancePath:instancePath+"/oomScoreAdj",schemaPath:"#/properties/oomScoreAdj/type",keyword:"type",params:{type: "integer"}};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if((typeof data15 == "number") && (isFinite(data15))){
if(data15 > 1000 || isNaN(data15)){
const err15 = {instancePath:instancePath+"/oomScoreAdj",schemaPath:"#/properties/oomScoreAdj/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if(data15 < -1000 || isNaN(data15)){
const err16 = {instancePath:instancePath+"/oomScoreAdj",schemaPath:"#/properties/oomScoreAdj/minimum",keyword:"minimum",params:{comparison: ">=", limit: -1000}};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
if(data.scheduler !== undefined){
if(!(validate82(data.scheduler, {instancePath:instancePath+"/scheduler",parentData:data,parentDataProperty:"scheduler",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate82.errors : vErrors.concat(validate82.errors);
errors = vErrors.length;
}
}
if(data.ioPriority !== undefined){
if(!(validate90(data.ioPriority, {instancePath:instancePath+"/ioPriority",parentData:data,parentDataProperty:"ioPriority",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate90.errors : vErrors.concat(validate90.errors);
errors = vErrors.length;
}
}
if(data.execCPUAffinity !== undefined){
if(!(validate92(data.execCPUAffinity, {instancePath:instancePath+"/execCPUAffinity",parentData:data,parentDataProperty:"execCPUAffinity",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate92.errors : vErrors.concat(validate92.errors);
errors = vErrors.length;
}
}
}
else {
const err17 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
validate215.errors = vErrors;
return errors === 0;
}
validate215.evaluated = {"props":{"terminal":true,"consoleSize":true,"cwd":true,"env":true,"args":true,"commandLine":true,"user":true,"capabilities":true,"rlimits":true,"noNewPrivileges":true,"apparmorProfile":true,"selinuxLabel":true,"oomScoreAdj":true,"scheduler":true,"ioPriority":true,"execCPUAffinity":true},"dynamicProps":false,"dynamicItems":false};

exports.LinuxResources = validate223;

function validate223(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
let vErrors = null;
let errors = 0;
const evaluated0 = validate223.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(!(((((((((key0 === "devices") || (key0 === "memory")) || (key0 === "cpu")) || (key0 === "pids")) || (key0 === "blockIO")) || (key0 === "hugepageLimits")) || (key0 === "network")) || (key0 === "rdma")) || (key0 === "unified"))){
const err0 = {instancePath,schemaPath:"#/propertyNames/enum",keyword:"enum",params:{allowedValues: schema45.propertyNames.enum},propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.devices !== undefined){
let data0 = data.devices;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(!(validate125(data0[i0], {instancePath:instancePath+"/devices/" + i0,parentData:data0,parentDataProperty:i0,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate125.errors : vErrors.concat(validate125.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath:instancePath+"/devices",schemaPath:"#/properties/devices/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.memory !== undefined){
if(!(validate129(data.memory, {instancePath:instancePath+"/memory",parentData:data,parentDataProperty:"memory",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate129.errors : vErrors.concat(validate129.errors);
errors = vErrors.length;
}
}
if(data.cpu !== undefined){
if(!(validate137(data.cpu, {instancePath:instancePath+"/cpu",parentData:data,parentDataProperty:"cpu",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate137.errors : vErrors.concat(validate137.errors);
errors = vErrors.length;
}
}
if(data.pids !== undefined){
if(!(validate146(data.pids, {instancePath:instancePath+"/pids",parentData:data,parentDataProperty:"pids",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate146.errors : vErrors.concat(validate146.errors);
errors = vErrors.length;
}
}
if(data.blockIO !== undefined){
if(!(validate149(data.blockIO, {instancePath:instancePath+"/blockIO",parentData:data,parentDataProperty:"blockIO",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate149.errors : vErrors.concat(validate149.errors);
errors = vErrors.length;
}
}
if(data.hugepageLimits !== undefined){
let data6 = data.hugepageLimits;
if(Array.isArray(data6)){
const len1 = data6.length;
for(let i1=0; i1<len1; i1++){
if(!(validate167(data6[i1], {instancePath:instancePath+"/hugepageLimits/" + i1,parentData:data6,parentDataProperty:i1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate167.errors : vErrors.concat(validate167.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/hugepageLimits",schemaPath:"#/properties/hugepageLimits/type",keyword:"type",params:{type: "array"}};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.network !== undefined){
if(!(validate170(data.network, {instancePath:instancePath+"/network",parentData:data,parentDataProperty:"network",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate170.errors : vErrors.concat(validate170.errors);
errors = vErrors.length;
}
}
if(data.rdma !== undefined){
let data9 = data.rdma;
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key1 in data9){
if(!(validate176(data9[key1], {instancePath:instancePath+"/rdma/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),parentData:data9,parentDataProperty:key1,rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate176.errors : vErrors.concat(validate176.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/rdma",schemaPath:"#/properties/rdma/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.unified !== undefined){
if(!(validate104(data.unified, {instancePath:instancePath+"/unified",parentData:data,parentDataProperty:"unified",rootData,dynamicAnchors}))){
vErrors = vErrors === null ? validate104.errors : vErrors.concat(validate104.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate223.errors = vErrors;
return errors === 0;
}
validate223.evaluated = {"props":{"devices":true,"memory":true,"cpu":true,"pids":true,"blockIO":true,"hugepageLimits":true,"network":true,"rdma":true,"unified":true},"dynamicProps":false,"dynamicItems":false};

return exports
}
