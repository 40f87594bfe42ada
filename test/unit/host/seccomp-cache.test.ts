import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import t from "tap"
import { cachedFilter, keepFilter } from "../../../src/host/seccomp/cache.ts"

const folder = mkdtempSync(`${tmpdir()}/runts-seccomp-`)
t.teardown(() => rmSync(folder, { recursive: true }))

let caches = 0
const newCache = (): { readonly path: string } => ({ path: `${folder}/root${++caches}/cache` })
const filter = new Uint8Array(80).map((_, i) => i * 7)
const key = `{"defaultAction":"SCMP_ACT_ALLOW","names":${JSON.stringify(Array.from({ length: 400 }, (_, i) => `call_${i}`))}}`
const library = `${folder}/library`
writeFileSync(library, "version 1")

const onlyFile = (path: string): string => {
  const [name, ...more] = readdirSync(path)
  if (name === undefined || more.length > 0) throw new Error(`${path} has not one file`)
  return `${path}/${name}`
}

t.test("a filter comes back for the same key only", (t) => {
  const cache = newCache()
  t.equal(cachedFilter(cache, key), undefined, "no folder yet")
  keepFilter(cache, key, filter, library)
  t.same(cachedFilter(cache, key), filter)
  t.equal(statSync(cache.path).mode & 0o777, 0o700)
  t.equal(statSync(onlyFile(cache.path)).mode & 0o777, 0o600)
  t.equal(cachedFilter(cache, key.replace("call_399", "call_39x")), undefined)
  // differs where the file's name takes no notice: each place of the key is tried
  let wrong = 0
  for (let i = 0; i < key.length; i += 7) if (cachedFilter(cache, `${key.slice(0, i)}~${key.slice(i + 1)}`) !== undefined) wrong++
  t.equal(wrong, 0)
  t.end()
})

t.test("two keys that share a file's name take turns", (t) => {
  const cache = newCache()
  keepFilter(cache, key, filter, library)
  const name = onlyFile(cache.path)
  // one whose name is the same
  let other = ""
  for (let i = 0; other === "" && i < key.length; i++) {
    const tried = `${key.slice(0, i)}~${key.slice(i + 1)}`
    keepFilter(cache, tried, new Uint8Array(8), library)
    if (readdirSync(cache.path).length === 1) other = tried
    else for (const file of readdirSync(cache.path)) if (`${cache.path}/${file}` !== name) rmSync(`${cache.path}/${file}`)
  }
  t.not(other, "", "there is such a key")
  t.same(cachedFilter(cache, other), new Uint8Array(8))
  t.equal(cachedFilter(cache, key), undefined)
  keepFilter(cache, key, filter, library)
  t.same(cachedFilter(cache, key), filter)
  t.end()
})

t.test("a damaged file counts as none and is written anew", (t) => {
  const cache = newCache()
  keepFilter(cache, key, filter, library)
  const file = onlyFile(cache.path)
  const good = readFileSync(file)
  const damaged = (what: string, change: (bytes: Buffer) => Buffer): void => {
    writeFileSync(file, change(Buffer.from(good)))
    t.equal(cachedFilter(cache, key), undefined, what)
  }
  damaged("empty", () => Buffer.alloc(0))
  damaged("cut", (bytes) => bytes.subarray(0, -1))
  damaged("more", (bytes) => Buffer.concat([bytes, Buffer.from("x")]))
  damaged("garbage", (bytes) => bytes.fill(0x5a))
  damaged("zeros", (bytes) => bytes.fill(0))
  let survived = 0
  for (let at = 0; at < good.length; at += 41) {
    writeFileSync(file, Buffer.from(good).fill((good[at] as number) ^ 1, at, at + 1))
    const found = cachedFilter(cache, key)
    if (found !== undefined) survived++
  }
  t.equal(survived, 0, "one bit, anywhere")
  writeFileSync(file, good)
  t.same(cachedFilter(cache, key), filter)
  writeFileSync(file, "")
  keepFilter(cache, key, filter, library)
  t.same(readFileSync(file), good)
  t.end()
})

t.test("another libseccomp makes its filters anew", (t) => {
  const cache = newCache()
  const installed = `${folder}/installed`
  copyFileSync(library, installed)
  keepFilter(cache, key, filter, installed)
  t.same(cachedFilter(cache, key), filter)
  rmSync(installed)
  t.equal(cachedFilter(cache, key), undefined, "it is gone")
  writeFileSync(installed, "version 10")
  t.equal(cachedFilter(cache, key), undefined, "it is another")
  keepFilter(cache, key, filter, undefined)
  t.equal(cachedFilter(cache, key), undefined, "of one that cannot be seen nothing is kept")
  t.end()
})

t.test("a folder that others may write, or a link, is not believed", (t) => {
  const cache = newCache()
  keepFilter(cache, key, filter, library)
  chmodSync(cache.path, 0o777)
  t.equal(cachedFilter(cache, key), undefined)
  chmodSync(cache.path, 0o700)
  t.same(cachedFilter(cache, key), filter)
  const link = newCache()
  mkdirSync(link.path.replace(/\/cache$/, ""))
  symlinkSync(cache.path, link.path)
  t.equal(cachedFilter(link, key), undefined)
  keepFilter(link, `${key} `, filter, library)
  t.equal(readdirSync(cache.path).length, 1, "nor written to")
  t.end()
})

t.test("the number of files is bounded", (t) => {
  const cache = newCache()
  for (let i = 0; i < 200; i++) {
    keepFilter(cache, `${key}${i}`, filter, library)
    t.same(cachedFilter(cache, `${key}${i}`), filter)
  }
  t.ok(readdirSync(cache.path).length <= 32)
  t.end()
})
