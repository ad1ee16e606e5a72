/** The vault: opens connections for work and hands out what proves who we are, fresh; nothing else sees a secret. */
import type { Clock } from '../../schemas/clock.ts'
import type { Actor } from '../../schemas/records.ts'
import { ConnectorError, type ConnectorConfig, type Credentials } from '../port.ts'
import type { Configured } from './rules.ts'
import { isOAuth } from './rules.ts'
import { signIns, type Returning, type SignInAnswer, type SignInDeparture, type SignInOffer, type Visit } from './sign-in.ts'
import { tokenCaller } from './token-call.ts'
import { secretsOf, tokenKeeper, type TokenOwner } from './token-keeper.ts'
import type { ConnectionsPort, RecordCall, SignInsPort, StoredConnection, TokensPort, VaultUse } from './ports.ts'
import type { Caller } from '../../schemas/access.ts'

/** A connection opened for one piece of work, in the shape connectors take. */
export interface OpenedConnection extends StoredConnection {
  /** Secrets by name of the field; with OAuth `accessToken`, and not the client's own secret. Throws ConnectorError `unauthorized` where there is none to be had. */
  credentials(): Promise<Credentials>
  /** After a 401: gets a new token, or joins whoever is getting one. False: there is none to be had. */
  renew(): Promise<boolean>
}

/** What the vault is made of. */
export interface VaultOptions {
  readonly connections: ConnectionsPort
  readonly tokens: TokensPort
  readonly signIns: SignInsPort
  readonly connectorOf: (id: string) => Configured | null | undefined
  readonly record: RecordCall
  readonly clock: Clock
  /** Names this process among those that may renew. */
  readonly holder: string
}

/** The vault. */
export interface Vault {
  open(id: string, use?: VaultUse): Promise<OpenedConnection>
  /** The same to be looked at alone: nothing of it is noted as a use. */
  peek(id: string): Promise<OpenedConnection>
  /** Renews tokens that are due of connections in these environments; answers how many were tried. */
  renewDue(environments: readonly StoredConnection['environment'][]): Promise<number>
  /** The key of the address at which a person agrees. Throws AppError. */
  connect(caller: Caller, id: string, redirectUri: string): Promise<{ readonly key: string; readonly expiresAt: string }>
  /** A browser opens that address: what is about to be connected. Changes nothing, and never throws for what it brings. */
  offer(visit: Visit): Promise<SignInOffer | SignInAnswer>
  /** A person goes on: uses the address up for their browser. Never throws for what it brings. */
  agree(visit: Visit): Promise<SignInDeparture | SignInAnswer>
  /** What a browser brings back. Never throws for what it brings. */
  callback(query: Returning): Promise<SignInAnswer>
  /** Waits for calls of token addresses that are under way; they are never broken off. */
  stop(): Promise<void>
}

const PROGRAM: Actor = { kind: 'system', id: 'tickets', name: 'tickets' }
const DUE_AT_ONCE = 10
/** What a client proves itself with to the token address alone. */
const CLIENT_ONLY = ['clientSecret']

/** Opens it. */
export function openVault({ connections, tokens, signIns: states, connectorOf, record, clock, holder }: VaultOptions): Vault {
  const stopping = new AbortController()
  const call = tokenCaller({ clock, record })
  const configOf = (id: string): ConnectorConfig => {
    const connector = connectorOf(id)
    if (connector === null || connector === undefined) throw new ConnectorError('misconfigured', `there is no connector ${id} in this release`)
    return connector.config
  }
  const keeper = tokenKeeper({ tokens, configOf, call, clock, holder, signal: stopping.signal })

  const opened = (owner: TokenOwner, { caller }: VaultUse): OpenedConnection => {
    const who: Actor = caller === null ? PROGRAM : { kind: caller.kind, id: caller.id, name: caller.name }
    let handedOut: string | null = null
    const { id, companyId, connector, name, environment, enabled, baseUrl, auth, scopes, fields, mapping, version } = owner
    return {
      id, companyId, connector, name, environment, enabled, baseUrl, auth, scopes, fields, mapping, version,
      async credentials() {
        if (!isOAuth(owner.auth)) return secretsOf(owner)
        handedOut = await keeper.access(owner, who, caller !== null)
        // Read last, for they are told only where the connection is what it was: then the token is for it too.
        const secrets = await secretsOf(owner)
        return { ...Object.fromEntries(Object.entries(secrets).filter(([name]) => !CLIENT_ONLY.includes(name))), accessToken: handedOut }
      },
      renew: () => (isOAuth(owner.auth) ? keeper.renew(owner, handedOut, who, caller !== null) : Promise.resolve(false)),
    }
  }

  return {
    open: async (id, use = { purpose: 'work', caller: null }) => opened(await connections.open(id, use), use),

    peek: async (id) => opened(await connections.peek(id), { purpose: 'work', caller: null }),

    async renewDue(environments) {
      const due = await tokens.due(environments, DUE_AT_ONCE)
      const ended = await Promise.allSettled(due.map(async (id) => keeper.renewDue(await connections.open(id, { purpose: 'work', caller: null }), PROGRAM)))
      // What the vendor says stands in the row of the connection; anything else is for whoever runs the loop.
      const broken = ended.find((end): end is PromiseRejectedResult => end.status === 'rejected' && !(end.reason instanceof ConnectorError))
      if (broken !== undefined) throw broken.reason
      return due.length
    },

    ...signIns({ connections, states, configOf, call, clock }),

    async stop() {
      stopping.abort()
      await keeper.settled()
    },
  }
}
