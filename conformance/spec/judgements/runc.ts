import type { Judgement } from "../peers.ts"

export const RUNC: readonly Judgement[] = []
