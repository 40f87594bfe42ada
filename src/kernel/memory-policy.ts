/** NUMA memory policies (set_mempolicy(2), linux/mempolicy.h). */
export const MEMORY_POLICY_MODES = {
  MPOL_DEFAULT: 0, MPOL_PREFERRED: 1, MPOL_BIND: 2, MPOL_INTERLEAVE: 3, MPOL_LOCAL: 4, MPOL_PREFERRED_MANY: 5, MPOL_WEIGHTED_INTERLEAVE: 6,
} as const

/** Flags beside the mode. */
export const MEMORY_POLICY_FLAGS = {
  MPOL_F_NUMA_BALANCING: 0x2000, MPOL_F_RELATIVE_NODES: 0x4000, MPOL_F_STATIC_NODES: 0x8000,
} as const

/** Nodes are numbered from 0 to this (CONFIG_NODES_SHIFT is 10 at most). */
export const NODE_MAX = 1023
