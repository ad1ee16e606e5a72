/** A client that sends any bytes and reads what comes back, because a proper one would refuse to send them. */
import { connect } from 'node:net'

/** One answer. */
export interface Answered {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** What is sent over one connection. */
export interface Exchange {
  /** Written one after another, a turn of the event loop apart. */
  readonly pieces: readonly Buffer[]
  /** Answers after which the client hangs up. */
  readonly answers: number
  /** Whether the client ends its side after writing, as one that was cut off does. */
  readonly isCutOff: boolean
  /** Methods of the requests, in order: the answer to HEAD has no body. */
  readonly methods: readonly string[]
}

const WAIT_MS = 20_000

/** The answers of the server; fewer than wanted where it hung up before. Rejects when it neither answers nor hangs up. */
export function exchange(port: number, { pieces, answers, isCutOff, methods }: Exchange): Promise<readonly Answered[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const received: Buffer[] = []
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no answer within ${WAIT_MS} ms`))
    }, WAIT_MS)
    const done = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(readAnswers(Buffer.concat(received), methods))
    }
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk)
      if (readAnswers(Buffer.concat(received), methods).length >= answers) done()
    })
    // A reset is how a server hangs up on who goes on sending.
    socket.on('error', done)
    socket.on('close', done)
    void write()

    async function write(): Promise<void> {
      for (const piece of pieces) {
        if (socket.destroyed) return
        socket.write(piece)
        await new Promise((go) => setImmediate(go))
      }
      if (isCutOff) socket.end()
    }
  })
}

/** Answers that are whole; interim ones are passed over. */
function readAnswers(bytes: Buffer, methods: readonly string[]): Answered[] {
  const answers: Answered[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) return answers
    const head = bytes.toString('latin1', at, end)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? NaN)
    at = end + 4
    if (status === 100) continue
    const hasBody = methods[answers.length] !== 'HEAD' && status !== 204 && status !== 304
    // The runtime's own answers (417) have an empty body in chunks.
    const empty = /\r\ntransfer-encoding: chunked/i.test(head) && hasBody ? 5 : 0
    const length = hasBody ? Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? empty) : 0
    if (bytes.length - at < length) return answers
    answers.push({ status, head, body: bytes.toString('utf8', at, at + length) })
    at += length
  }
}
