import { RuntsError } from "../../../error.ts"
import { ERRNO } from "../../../kernel/errno.ts"
import { integerText } from "../../../spec/numbers.ts"
import type { LinuxBlockIo, LinuxResources, ThrottleDevice, WeightDevice } from "../../../spec/types.gen.ts"
import { field, unlessZero } from "./field.ts"
import type { Controllers, Field, Place, Step } from "./field.ts"

const IO: Controllers = ["blkio", "io"]
type Lists = Exclude<keyof LinuxBlockIo, "weight" | "leafWeight">
const LEAF_V2 = "cgroup v2 has no leaf weights; sub-cgroups compete by blockIO.weight"

/**
 * Rows of linux.resources.blockIO (cgroup-v1/blkio-controller.rst, block/bfq-iosched.rst, cgroup-v2.rst "IO Interface Files"). Weights
 * belong to an I/O scheduler: the file of CFQ (before Linux 5.0) or BFQ, on v2 of BFQ or iocost, whichever there is.
 */
export const BLOCK_IO_FIELDS: readonly Field[] = [
  field("blockIO/weight", IO, ({ blockIO }) => unlessZero(blockIO?.weight), weightV1, weightV2),
  field("blockIO/leafWeight", IO, ({ blockIO }) => unlessZero(blockIO?.leafWeight),
    (weight) => [{ file: "blkio.leaf_weight", text: String(weight), explain: explainWeight }], LEAF_V2),
  field("blockIO/weightDevice", IO, listOf("weightDevice"), weightDevicesV1, weightDevicesV2),
  ...([
    ["throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"],
    ["throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"],
    ["throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"],
    ["throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops"],
  ] as const).map(([name, file, parameter]) => field("blockIO/" + name, IO, listOf(name), throttleV1(name, file), throttleV2(name, parameter))),
]

/** A list that has something in it. */
function listOf<Name extends Lists>(name: Name): (resources: LinuxResources) => LinuxBlockIo[Name] | undefined {
  return ({ blockIO }) => (blockIO?.[name]?.length ?? 0) > 0 ? blockIO?.[name] : undefined
}

function explainWeight(errno: number): string | undefined {
  if (errno === ERRNO.ENOENT) return "the kernel has no I/O scheduler with weights; BFQ is one (CONFIG_BFQ_GROUP_IOSCHED)"
  return explainDevice(errno) ?? (errno === ERRNO.EINVAL || errno === ERRNO.ERANGE ? "expected a weight from 10 to 1000" : undefined)
}

function explainDevice(errno: number): string | undefined {
  if (errno === ERRNO.ENODEV || errno === ERRNO.ENXIO) return "no block device of these numbers, or it is a partition, which has no limits of its own"
  return errno === ERRNO.EOPNOTSUPP ? "the device's I/O scheduler has no weights" : undefined
}

/** The first of these files that is there; else the first, for the error. */
function present(at: Place, first: string, second: string): string {
  return at.read(first) === undefined && at.read(second) !== undefined ? second : first
}

function weightV1(weight: number, at: Place): Step[] {
  return [{ file: present(at, "blkio.bfq.weight", "blkio.weight"), text: String(weight), key: "default", explain: explainWeight }]
}

function weightV2(weight: number, at: Place): Step[] {
  const file = present(at, "io.bfq.weight", "io.weight")
  const text = file === "io.weight" ? `default ${ioWeight(weight, "/linux/resources/blockIO/weight")}` : String(weight)
  return [{ file, text, key: "default", explain: explainWeight }]
}

/** io.weight (1 to 10000) of a weight of BFQ or CFQ (10 to 1000): linear, as runc and crun agreed on. */
export function ioWeight(weight: number, pointer: string): number {
  if (weight < 10) {
    throw new RuntsError(`${pointer}: ${weight} is less than 10, the least weight that io.weight has an equivalent of`, {
      code: "resource-value", pointer,
    })
  }
  return 1 + Math.floor((weight - 10) * 9999 / 990)
}

function device({ major, minor }: WeightDevice | ThrottleDevice): string {
  return `${integerText(major)}:${integerText(minor)}`
}

function weightDevicesV1(devices: readonly WeightDevice[], at: Place): Step[] {
  const steps: Step[] = []
  devices.forEach((entry, i) => {
    const { weight = 0, leafWeight = 0 } = entry
    const pointer = `/linux/resources/blockIO/weightDevice/${i}`
    const common = { pointer, key: device(entry), neutral: `${device(entry)} 0`, explain: explainWeight }
    if (weight !== 0) {
      steps.push({ ...common, file: present(at, "blkio.bfq.weight_device", "blkio.weight_device"), text: `${device(entry)} ${weight}` })
    }
    if (leafWeight !== 0) steps.push({ ...common, file: "blkio.leaf_weight_device", text: `${device(entry)} ${leafWeight}` })
  })
  return steps
}

function weightDevicesV2(devices: readonly WeightDevice[], at: Place): Step[] {
  const file = present(at, "io.bfq.weight", "io.weight")
  const steps: Step[] = []
  devices.forEach((entry, i) => {
    const { weight = 0, leafWeight = 0 } = entry
    const pointer = `/linux/resources/blockIO/weightDevice/${i}`
    if (leafWeight !== 0) {
      throw new RuntsError(`${pointer}/leafWeight: ${LEAF_V2}`, {
        code: "resource-unavailable", pointer: pointer + "/leafWeight",
      })
    }
    if (weight === 0) return
    const value = file === "io.weight" ? ioWeight(weight, pointer + "/weight") : weight
    steps.push({ file, text: `${device(entry)} ${value}`, pointer, key: device(entry), neutral: `${device(entry)} default`, explain: explainWeight })
  })
  return steps
}

function throttleV1(name: string, file: string): (devices: readonly ThrottleDevice[]) => Step[] {
  return (devices) => devices.map((entry, i) => ({
    file, text: `${device(entry)} ${integerText(entry.rate, "uint64")}`, pointer: `/linux/resources/blockIO/${name}/${i}`,
    key: device(entry), neutral: `${device(entry)} 0`, explain: explainThrottle,
  }))
}

/** A rate of 0 is none: v1 reads it so, v2 wants a word for it. */
function throttleV2(name: string, parameter: string): (devices: readonly ThrottleDevice[]) => Step[] {
  return (devices) => devices.map((entry, i) => ({
    file: "io.max", text: `${device(entry)} ${parameter}=${entry.rate === 0 ? "max" : integerText(entry.rate, "uint64")}`,
    pointer: `/linux/resources/blockIO/${name}/${i}`,
    key: device(entry), neutral: `${device(entry)} rbps=max wbps=max riops=max wiops=max`, explain: explainThrottle,
  }))
}

function explainThrottle(errno: number): string | undefined {
  return errno === ERRNO.ENOENT ? "the kernel was built without CONFIG_BLK_DEV_THROTTLING" : explainDevice(errno)
}
