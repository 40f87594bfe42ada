/** Nanoseconds, for people. */
export function durationText(nanoseconds: number): string {
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(1)} ms`
  return nanoseconds < 120e9 ? `${(nanoseconds / 1e9).toFixed(1)} s` : `${Math.round(nanoseconds / 60e9)} min`
}
