/** A company whose tickets go to a fake of a PSA: connected through the API as a person does it, its webhooks carried to the running program. */
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../schemas/clock.ts'
import type { TicketConnector } from '../../connectors/port.ts'
import type { ConnectionView } from '../../schemas/tickets.ts'
import type { PsaFake, PsaTicket, StartPsa } from '../fakes/psa/psa-fake.ts'
import { signInAt } from './browser.ts'
import { Client, onboard } from './client.ts'
import type { Program } from './process.ts'
import type { Company } from './sender.ts'

/** A fake of a PSA that the program is connected to and that posts to it. */
export interface ConnectedPsa {
  readonly connector: TicketConnector
  readonly fake: PsaFake
  readonly connectionId: string
  /** Webhooks that were not taken. */
  readonly refused: readonly string[]
  ticket(id: string): PsaTicket
  stop(): Promise<void>
}

/** One that is a company's own. */
export interface PsaCompany extends ConnectedPsa {
  readonly company: Company
}

/** Settings that let nothing wait. */
export const FAST = { delaySeconds: 0, noteEverySeconds: 0 }

/** Connects a PSA for a company, or for the MSP and all its clients; its webhooks come to `doors` in turn, as from a load balancer. */
export async function connectPsa(program: Program, connector: TicketConnector, start: StartPsa, companyId: string | null, doors: readonly Pick<Program, 'url'>[] = [program]): Promise<ConnectedPsa> {
  const fake = await start({ clock: systemClock })
  const { baseUrl, auth, fields, credentials, mapping = {}, webhookSecret } = fake
  const secrets = Object.fromEntries(Object.entries({ ...credentials, ...(auth === 'oauth2_client' || auth === 'oauth2_code' ? { clientSecret: credentials['clientSecret'] ?? 'fake-client-secret' } : {}) }).filter(([name]) => name !== 'accessToken'))
  const made = await program.api<ConnectionView>('POST', '/api/connections', { ...(companyId === null ? {} : { company: companyId }), connector: connector.id, name: connector.id, baseUrl, auth, fields, mapping, secrets, ...(connector.hook?.proof === 'signed' ? { webhookSecret } : {}) })
  if (auth === 'oauth2_code') await agree(program, made.id)
  const checked = await program.api<ConnectionView>('POST', `/api/connections/${made.id}/check`)
  if (checked.check?.ok !== true) throw new Error(`${connector.id} is not right: ${JSON.stringify(checked.check)}`)
  await program.api('PATCH', `/api/connections/${made.id}`, { enabled: true })
  const { hookUrl } = await program.api<ConnectionView>('GET', `/api/connections/${made.id}`)

  const refused: string[] = []
  const stopping = new AbortController()
  const carrying = carry(fake, doors.map(({ url }) => (hookUrl ?? '').replace(program.url, url)), refused, stopping.signal)
  return {
    connector, fake, connectionId: made.id, refused,
    ticket(id) {
      const found = fake.tickets().find((ticket) => ticket.id === id)
      if (found === undefined) throw new Error(`${connector.id} has no ticket ${id}`)
      return found
    },
    async stop() {
      stopping.abort()
      await carrying
      await fake.stop()
    },
  }
}

/** A company with a PSA of its own; whose company it is over there is told by a person's word. */
export async function psaCompany(program: Program, connector: TicketConnector, start: StartPsa, name = `Northwind of ${connector.id}`): Promise<PsaCompany> {
  const company = await onboard(program, name, { mode: 'production' })
  const psa = await connectPsa(program, connector, start, company.id)
  const { world } = psa.fake
  await program.api('PUT', `/api/connections/${psa.connectionId}/matches`, { companyId: company.id, kind: 'company', externalId: world.company.id, externalName: world.company.name })
  await program.api('PUT', `/api/companies/${company.id}/ticket-settings`, FAST)
  return { ...psa, company }
}

const PASSWORD = 'correct horse battery'

/** An MSP Admin of ours with the address of somebody who works in a PSA, logged in. */
export async function colleague(program: Program, { name, email }: { readonly name: string; readonly email: string }): Promise<Client & { readonly userId: string }> {
  const { id } = await program.api<{ id: string }>('POST', '/api/users', { email, name, password: PASSWORD, role: 'msp_admin' })
  const { token } = await program.api<{ token: string }>('POST', '/api/auth/login', { email, password: PASSWORD })
  return Object.assign(new Client(program.url, token), { userId: id })
}

/** Posts webhooks in order, each until it is answered: a program that was killed, or is not ready yet, is posted to again, as PSAs do. */
async function carry(fake: PsaFake, hookUrls: readonly string[], refused: string[], signal: AbortSignal): Promise<void> {
  for (let [next, tries] = [0, 0]; !signal.aborted; tries += 1) {
    const hook = fake.hooks[next]
    if (hook === undefined) {
      await delay(25)
      continue
    }
    const url = new URL(hookUrls[tries % hookUrls.length] ?? '')
    for (const [name, value] of Object.entries(hook.query)) if (name !== 'key') url.searchParams.set(name, value)
    try {
      const answer = await fetch(url, { method: 'POST', headers: { ...hook.headers }, body: new Uint8Array(hook.body) })
      if (answer.status === 429 || answer.status >= 500) {
        await answer.arrayBuffer()
        await delay(50)
        continue
      }
      if (answer.status !== 200) refused.push(`${answer.status} ${await answer.text()}`)
      next += 1
    } catch {
      await delay(50)
    }
  }
}

/** What a browser does that is sent to agree. */
async function agree(program: Program, id: string): Promise<void> {
  const { url } = await program.api<{ url: string }>('POST', `/api/connections/${id}/connect`)
  await signInAt(url, async (vendor) => `${program.url}/api/oauth/callback?state=${encodeURIComponent(new URL(vendor).searchParams.get('state') ?? '')}&code=fake-code`)
}
