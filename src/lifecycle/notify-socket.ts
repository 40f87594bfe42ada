/** The caller's sd_notify(3) socket; undefined where there is none. Apart from notify.ts, which only those load who have one. */
export function notifySocket(): string | undefined {
  return process.env.NOTIFY_SOCKET || undefined
}
