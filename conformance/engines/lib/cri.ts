import { resolve } from "node:path"
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from "@grpc/grpc-js"
import { loadSync } from "@grpc/proto-loader"
import { checkout } from "../../lib/environment.ts"

/** Milliseconds that a call may take. */
const DEADLINE_MS = 60_000

/** An answer, as cri.proto describes it: members by name, enumerations as words, integers as numbers. */
export type Answer = Record<string, any>

/** Speaks Kubernetes' Container Runtime Interface over a Unix socket, as the kubelet does. */
export class Cri {
  private readonly client: InstanceType<ServiceClientConstructor>

  constructor(socket: string) {
    const options = { keepCase: true, longs: Number, enums: String, defaults: true }
    const definition = loadPackageDefinition(loadSync(resolve(checkout, "conformance/engines/lib/cri.proto"), options)) as Answer
    const Service = definition.runtime.v1.RuntimeService as ServiceClientConstructor
    this.client = new Service(`unix://${socket}`, credentials.createInsecure())
  }

  /** @throws the server's error, its text in `details` */
  call(method: string, request: Answer = {}): Promise<Answer> {
    return new Promise((done, failed) => {
      const deadline = Date.now() + DEADLINE_MS
      const send = this.client[method] as (request: Answer, options: object, answer: (error: Error | null, value: Answer) => void) => void
      send.call(this.client, request, { deadline }, (error, value) => (error === null ? done(value) : failed(error)))
    })
  }

  close(): void {
    this.client.close()
  }
}
