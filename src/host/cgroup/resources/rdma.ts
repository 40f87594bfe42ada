import { ERRNO } from "../../../kernel/errno.ts"
import { pointerKey } from "../../../spec/report.ts"
import type { LinuxResources, RdmaLimit } from "../../../spec/types.gen.ts"
import { field } from "./field.ts"
import type { Field, Step } from "./field.ts"

type Limits = Readonly<Record<string, RdmaLimit>>

/** The row of linux.resources.rdma (cgroup-v1/rdma.rst, cgroup-v2.rst "RDMA Interface Files"): the same file on both. */
export const RDMA_FIELDS: readonly Field[] = [field("rdma", ["rdma", "rdma"], limits, steps, steps)]

function limits({ rdma }: LinuxResources): Limits | undefined {
  return rdma !== undefined && Object.keys(rdma).length > 0 ? rdma : undefined
}

function steps(rdma: Limits): Step[] {
  return Object.entries(rdma).map(([device, { hcaHandles, hcaObjects }]) => {
    let text = device
    if (hcaHandles !== undefined) text += ` hca_handle=${hcaHandles}`
    if (hcaObjects !== undefined) text += ` hca_object=${hcaObjects}`
    return {
      file: "rdma.max", text, pointer: `/linux/resources/rdma/${pointerKey(device)}`, key: device, neutral: `${device} hca_handle=max hca_object=max`,
      explain: (errno) => errno === ERRNO.ENODEV ? "there is no such RDMA device" : undefined,
    }
  })
}
