/** `aw connect`: makes or changes a connection to a ticket system, lets a person agree in a browser where OAuth wants that, and checks it. */
import type { Readable } from 'node:stream'
import type { Clock } from '../schemas/clock.ts'
import type { ConnectorView } from '../schemas/connection-views.ts'
import { AppError } from '../schemas/errors.ts'
import type { ConnectionMade, ConnectionView } from '../schemas/tickets.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { checked, listConnections, pairOf } from './connections.ts'
import { secretIn } from './input.ts'
import { companyNamed } from './send.ts'
import { secretLines } from './secret-lines.ts'

/** What a connection is made with. */
export interface ConnectOptions {
  readonly company?: string
  readonly name?: string
  readonly sandbox?: boolean
  readonly baseUrl?: string
  readonly auth?: string
  readonly scope?: readonly string[]
  readonly field?: readonly string[]
  readonly secret?: readonly string[]
  /** A file; `-`: standard input. */
  readonly webhookSecretFile?: string
  readonly makeWebhookSecret?: boolean
  /** Agree anew although it is connected. */
  readonly again?: boolean
  readonly enable?: boolean
}

/** What it needs besides the API. */
export interface ConnectTools {
  readonly clock: Clock
  readonly input: Readable
  /** Says something to the person at the terminal. */
  readonly say: (text: string) => void
}

/** How often is looked whether somebody has agreed, in ms. */
const LOOK_EVERY_MS = 1_000

/** Does it; answers the connection as it is at the end, with a webhook secret that was made on the way. Throws `conflict` where nobody agreed in time. */
export async function connect(api: ApiClient, connectorId: string, options: ConnectOptions, tools: ConnectTools): Promise<ConnectionMade> {
  const { items } = await api.call<Page<ConnectorView>>('GET', '/api/connectors')
  const connector = items.find(({ id }) => id === connectorId)
  if (connector === undefined) throw new AppError('usage', `there is no connector "${connectorId}"; there are ${items.map(({ id }) => id).join(', ')}`)
  const { connection, webhookSecret, isChanged } = await stored(api, connector, options, tools.input)
  if (connection.auth === 'oauth2_code' && (!connection.isConnected || options.again === true)) await agreed(api, connection, tools)
  else if (!isChanged) tools.say(`${connection.name} is as it was; give what is to change, or --again to agree anew`)
  return { ...await checked(api, connection.id, options.enable === true), webhookSecret }
}

/** Makes the connection, or changes the one of this name. */
async function stored(api: ApiClient, connector: ConnectorView, options: ConnectOptions, input: Readable): Promise<{ connection: ConnectionView; webhookSecret: string | null; isChanged: boolean }> {
  const { company, sandbox, baseUrl, auth, scope, field = [], secret = [], webhookSecretFile, makeWebhookSecret } = options
  const name = options.name ?? (sandbox === true ? `${connector.id} sandbox` : connector.id)
  const known = (await listConnections(api, company === undefined ? { msp: true } : { company })).find((one) => one.name === name)
  if (known !== undefined && known.connector !== connector.id) throw new AppError('usage', `"${name}" is a connection to ${known.connector}; give this one another --name`)
  if (known === undefined && baseUrl === undefined) throw new AppError('usage', `--base-url is needed: the address of your ${connector.title}, such as ${connector.baseUrlExample}`)
  const given = await secretsOf(secret, webhookSecretFile === '-', input)
  const webhook = makeWebhookSecret === true ? null : webhookSecretFile === undefined ? undefined : await secretIn(webhookSecretFile, '--webhook-secret-file', input)
  const fields = Object.fromEntries(field.map((pair) => pairOf(pair, '--field')))
  const change = {
    ...(baseUrl === undefined ? {} : { baseUrl }), ...(auth === undefined ? {} : { auth }), ...(scope === undefined ? {} : { scopes: scope }), ...(secret.length === 0 ? {} : { secrets: given }),
    ...(field.length === 0 ? {} : { fields: { ...(known?.auth === (auth ?? known?.auth) ? known?.fields : {}), ...fields } }), ...(webhook === undefined ? {} : { webhookSecret: webhook }),
  }
  if (known !== undefined) {
    if (Object.keys(change).length === 0) return { connection: known, webhookSecret: null, isChanged: false }
    const connection = await api.call<ConnectionMade>('PATCH', `/api/connections/${known.id}`, change)
    return { connection, webhookSecret: connection.webhookSecret, isChanged: true }
  }
  const connection = await api.call<ConnectionMade>('POST', '/api/connections', {
    ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }), connector: connector.id, name, environment: sandbox === true ? 'sandbox' : 'production', auth: connector.auth[0], ...change,
  })
  return { connection, webhookSecret: connection.webhookSecret, isChanged: true }
}

/** Prints the address and waits until somebody has agreed there. */
async function agreed(api: ApiClient, before: ConnectionView, { clock, say }: ConnectTools): Promise<void> {
  const { url, expiresAt, redirectUri } = await api.call<{ url: string; expiresAt: string; redirectUri: string }>('POST', `/api/connections/${before.id}/connect`, {})
  say(`Open this address and agree, until ${expiresAt}:\n\n${url}\n\nThe application there must have the call-back address ${redirectUri}\nWaiting …`)
  const started = before.isConnected ? before.tokenExpiresAt : null
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS)
    const now = (await api.call<Page<ConnectionView>>('GET', '/api/connections')).items.find(({ id }) => id === before.id)
    if (now === undefined) throw new AppError('not_found', 'the connection was removed while it waited')
    if (now.isConnected && (!before.isConnected || now.tokenExpiresAt !== started)) return say('Connected.')
    if (clock.now() >= Date.parse(expiresAt)) throw new AppError('conflict', 'nobody agreed within ten minutes: run it again for a new address')
  }
}

/** `name=file`, or a name alone whose secret is the next line of standard input. */
async function secretsOf(pairs: readonly string[], isInputTaken: boolean, input: Readable): Promise<Record<string, string>> {
  const asked = pairs.filter((pair) => !pair.includes('='))
  if (isInputTaken && asked.length > 0) throw new AppError('usage', '--webhook-secret-file - takes standard input: give the secrets as --secret name=file')
  const lines = asked.length === 0 ? [] : await secretLines(asked, input)
  const secrets: Record<string, string> = Object.fromEntries(asked.map((name, index) => [name, lines[index] ?? '']))
  for (const pair of pairs.filter((one) => one.includes('='))) {
    const [name, file] = pairOf(pair, '--secret')
    try {
      secrets[name] = await secretIn(file, `--secret ${name}`, input)
    } catch (thrown) {
      // Who gave the secret itself in place of a file must not see it in an error that somebody logs.
      throw new AppError('usage', `--secret ${name}: what stands after = is no file that can be read; give the path of a file that holds the secret, or --secret ${name} alone and the secret on standard input`, { cause: thrown instanceof AppError ? thrown.code : thrown })
    }
  }
  return secrets
}
