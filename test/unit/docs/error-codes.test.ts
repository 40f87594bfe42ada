import { readFileSync } from "node:fs"
import t from "tap"
import { errorCodesDocument } from "../../../scripts/error-codes/document.ts"
import { ERROR_CODES } from "../../../src/error-codes.ts"
import { codeOfErrno, RuntsError, sysError } from "../../../src/error.ts"
import { ERRNO } from "../../../src/kernel/errno.ts"

t.test("docs/error-codes.md is what the table makes", (t) => {
  const text = readFileSync(new URL("../../../docs/error-codes.md", import.meta.url), "utf8")
  t.ok(text === errorCodesDocument(), "current: else `npm run error-codes`")
  t.end()
})

t.test("codes are words for machines, and each is explained by clauses", (t) => {
  for (const [code, { means, cause, remedy }] of Object.entries(ERROR_CODES)) {
    t.match(code, /^[a-z]+(-[a-z]+)*$/, `${code}: lower case with hyphens`)
    for (const clause of [means, cause, remedy]) {
      t.match(clause, /^\S.{8,}\S$/, `${code}: ${clause}`)
      t.notMatch(clause, /[.!]$|\n/, `${code}: one clause without a full stop`)
    }
  }
  t.end()
})

t.test("a failed system call has the code of its errno, unless a nearer one is given", (t) => {
  t.equal(sysError("open x", ERRNO.EACCES).details.code, "permission-denied")
  t.equal(sysError("open x", ERRNO.ENOENT).details.code, "file-missing")
  t.equal(sysError("write x", ERRNO.ENOSPC).details.code, "resources-exhausted")
  t.equal(sysError("write x", ERRNO.ENXIO).details.code, "system-call")
  t.equal(sysError("open x", ERRNO.ENOENT, { code: "rootfs-missing" }).details.code, "rootfs-missing")
  t.ok(sysError("open x", ERRNO.EINVAL) instanceof RuntsError)
  for (const errno of Object.values(ERRNO)) t.ok(Object.hasOwn(ERROR_CODES, codeOfErrno(errno)))
  t.end()
})
