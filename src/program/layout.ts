/**
 * Where things lie in the container's init: fixed, so that the executor is the same bytes for every program. All addresses
 * are below 2^31, so that rows hold them in 32 bits. Segments begin 64 KiB apart, the largest page of arm64; the file does not
 * grow by that, as addresses and file offsets need to agree only modulo the page size.
 */

/** Address of the file's first byte: ELF header, program headers, executor; read and execute. */
export const TEXT_ADDRESS = 0x10000000
/** File offset of the executor: after the ELF header (64) and four program headers (56 each). */
export const EXECUTOR_OFFSET = 288
/** File offset of the rows' segment; the executor ends before it. */
export const TABLE_OFFSET = 768
/** Address of the rows' segment: a head of 64 bytes, the rows, then data; read and write. */
export const TABLE_ADDRESS = 0x10010000 + TABLE_OFFSET
/** Address of zeroed memory; read and write. */
export const ZERO_ADDRESS = 0x18000000

/** The head: u64 address of the status cell, then the 16 bytes of the failure report. */
export const HEAD_SIZE = 64
export const REPORT_ADDRESS = TABLE_ADDRESS + 8
/** First byte of the report: 'F'. */
export const REPORT_FAILED = 0x46
/** u32 'F', u32 row, i64 errno. */
export const REPORT_SIZE = 16

export const ROW_SIZE = 64
export const ROWS_ADDRESS = TABLE_ADDRESS + HEAD_SIZE
/** The page after the one with the head, which the executor needs to the end; rows that have run may be unmapped from here on. */
export const SECOND_PAGE_ADDRESS = 0x10011000

/** Byte 5 of a row. The executors test for them in this order. */
export const KIND = { call: 0, test: 1, copy4: 2, copy8: 3, add: 4, jump: 5, fail: 6 } as const
/** Byte 6 of a row: bit 0 inverts, bit 1 picks "less" instead of "equal". */
export const COMPARISON = { "==": 0, "!=": 1, "<": 2, ">=": 3 } as const
/** Errno numbers with a meaning of their own in branch lists. */
export const ERRNO_ANY = 0
export const ERRNO_END = -1
