/** A real mail server on a free port that keeps what it takes. */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** Starts it. `refuse`: answers every recipient with this number. The only password it knows is `right`. */
export async function mailServer(options: { refuse?: number } = {}) {
  const mails: { to: string[]; text: string }[] = []
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
    onAuth: (auth, _session, done) => (auth.password === 'right' ? done(null, { user: auth.username }) : done(new Error(`no: ${auth.password ?? ''}`))),
    onRcptTo: (address, _session, done) => (options.refuse === undefined ? done() : done(Object.assign(new Error(`no mailbox ${address.address}`), { responseCode: options.refuse }))),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(chunks).toString() })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { mails, url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
