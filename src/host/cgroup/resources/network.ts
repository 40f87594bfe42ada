import { ERRNO } from "../../../kernel/errno.ts"
import type { InterfacePriority, LinuxResources } from "../../../spec/types.gen.ts"
import { field, unlessZero } from "./field.ts"
import type { Field, Step } from "./field.ts"

const ONLY_V1 = "only cgroup v1 has it; on v2 a BPF program or the firewall sees a packet's cgroup by itself"

/** Rows of linux.resources.network (cgroup-v1/net_cls.rst, cgroup-v1/net_prio.rst). */
export const NETWORK_FIELDS: readonly Field[] = [
  field("network/classID", ["net_cls", "net_cls"], ({ network }) => unlessZero(network?.classID),
    (id) => [{ file: "net_cls.classid", text: String(id) }], ONLY_V1),
  field("network/priorities", ["net_prio", "net_prio"], prioritiesOf, priorities, ONLY_V1),
]

function prioritiesOf({ network }: LinuxResources): readonly InterfacePriority[] | undefined {
  const list = network?.priorities
  return list !== undefined && list.length > 0 ? list : undefined
}

function priorities(list: readonly InterfacePriority[]): Step[] {
  return list.map(({ name, priority }, i) => ({
    file: "net_prio.ifpriomap", text: `${name} ${priority}`, pointer: `/linux/resources/network/priorities/${i}`,
    key: name, neutral: `${name} 0`,
    explain: (errno) => errno === ERRNO.ENODEV || errno === ERRNO.EINVAL ? "there is no such network device in the runtime's network namespace" : undefined,
  }))
}
