/** What few containers have, as one module that is loaded when one has it. */
export { BLOCK_IO_FIELDS } from "./block-io.ts"
export { HUGEPAGE_FIELDS } from "./hugepages.ts"
export { NETWORK_FIELDS } from "./network.ts"
export { RDMA_FIELDS } from "./rdma.ts"
export { unifiedSteps } from "./unified.ts"
