import t from "tap"
import { annotation, annotationIsOn, ANNOTATIONS, potentiallyUnsafeAnnotations } from "../../../src/spec/annotations.ts"

t.test("annotation: an empty value is as good as none", (t) => {
  t.equal(annotation({}, "run.oci.hooks.stdout"), undefined)
  t.equal(annotation({ annotations: { "run.oci.hooks.stdout": "" } }, "run.oci.hooks.stdout"), undefined)
  t.equal(annotation({ annotations: { "run.oci.hooks.stdout": "/x" } }, "run.oci.hooks.stdout"), "/x")
  t.end()
})

t.test("annotationIsOn: there, and neither 0 nor false", (t) => {
  const name = "run.oci.keep_original_groups"
  for (const [value, on] of [["1", true], ["true", true], ["yes", true], ["0", false], ["false", false], ["", false]] as const) {
    t.equal(annotationIsOn({ annotations: { [name]: value } }, name), on, JSON.stringify(value))
  }
  t.notOk(annotationIsOn({}, name))
  t.end()
})

t.test("potentiallyUnsafeAnnotations: each that can name what is the host's", (t) => {
  const unsafe = potentiallyUnsafeAnnotations()
  for (const name of unsafe) t.ok(name in ANNOTATIONS, name)
  for (const [name, { value }] of Object.entries(ANNOTATIONS)) if (value === "path") t.ok(unsafe.includes(name), name)
  t.same(unsafe, [...unsafe].sort())
  t.end()
})

t.end()
