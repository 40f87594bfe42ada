declare const RUNTS_VERSION: string | undefined
declare const RUNTS_COMMIT: string | undefined

/** The release; the build writes it in, from source it is unknown. */
export const version: string = typeof RUNTS_VERSION === "string" ? RUNTS_VERSION : "0.1.0"
/** The source's commit. */
export const commit: string = typeof RUNTS_COMMIT === "string" ? RUNTS_COMMIT : "unknown"
