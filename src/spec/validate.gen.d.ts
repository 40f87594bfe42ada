// Made by scripts/generate.mjs from schemas/; do not edit.

/** One finding of ajv (ajv.js.org, Validation errors). */
export interface Finding {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  /** The unknown key, where the finding is about a key. */
  readonly propertyName?: string
}

/** A validator of ajv: all findings are in `errors` after a call that answered false. */
export interface Validator {
  (value: unknown): boolean
  errors?: readonly Finding[] | null
}

/** Makes the validators, which takes some milliseconds in a cold process. Unknown keys are findings too. */
export function makeValidators(): { readonly Spec: Validator; readonly Process: Validator; readonly LinuxResources: Validator }
