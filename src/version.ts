declare const RUNTS_VERSION: string | undefined
declare const RUNTS_COMMIT: string | undefined
declare const RUNTS_DATE: string | undefined

/** The release; the build writes it in, from source it is unknown. */
export const version: string = typeof RUNTS_VERSION === "string" ? RUNTS_VERSION : "0.1.0"
/** The source's commit. */
export const commit: string = typeof RUNTS_COMMIT === "string" ? RUNTS_COMMIT : "unknown"
/** The day of the source's commit, as 2026-11-23. */
export const date: string = typeof RUNTS_DATE === "string" ? RUNTS_DATE : (process.env.RUNTS_DATE ?? new Date().toISOString().slice(0, 10))
