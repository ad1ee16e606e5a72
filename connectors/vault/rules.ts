/** What may be stored of a connection, and by whom, said from the configuration of its connector; storage asks before it writes. */
import { AUTH_KINDS, TICKET_STATES, type AuthKind, type Environment, type TicketMapping } from '../../schemas/tickets.ts'
import type { ConfigField, ConnectorConfig, TicketConnector } from '../port.ts'
import { baseUrlMistakes, isVendorUrl } from './base-url.ts'
import { clientIdOf, oauthAddress, oauthFields } from './oauth.ts'

type Fields = Readonly<Record<string, string>>

/** What a connection would be. */
export interface ConnectionState {
  readonly connector: string
  readonly name: string
  readonly environment: Environment
  readonly baseUrl: string
  readonly auth: AuthKind
  readonly scopes: readonly string[]
  readonly fields: Fields
  readonly mapping: Partial<TicketMapping>
  readonly secrets: readonly string[]
}

/** A connector as far as rules need it. */
export type Configured = Pick<TicketConnector, 'id' | 'config'>

const NAME = /^[^\p{Cc}\p{Cf}]{1,80}$/u
const VALUE_CHARS = 2_000
const SECRET_CHARS = 20_000
const MAPPED_CHARS = 200
const SCOPES_MAX = 50
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/
const SEVERITIES: readonly string[] = ['critical', 'high', 'medium', 'low', 'info']
const STATES: readonly string[] = TICKET_STATES

/** Fields of a connector that a way of proving who we are uses. */
export function fieldsFor(config: ConnectorConfig, auth: AuthKind): readonly ConfigField[] {
  return config.fields.filter((field) => field.for === undefined || field.for.includes(auth))
}

/** The rules, in the shape storage takes. */
export function connectionRules(connectorOf: (id: string) => Configured | undefined, known: () => readonly string[]) {
  return {
    /** Sentences on everything wrong; `given` are the secrets that come with the change. */
    mistakes(state: ConnectionState, given: Fields): readonly string[] {
      const connector = connectorOf(state.connector)
      if (connector === undefined) return [`there is no connector "${state.connector}"; there are ${known().join(', ')}`]
      const { config } = connector
      const mistakes = [...baseUrlMistakes(state.baseUrl, config.baseUrlExample), ...mappingMistakes(state.mapping)]
      if (!NAME.test(state.name)) mistakes.push('name must have 1 to 80 visible characters')
      if (!config.auth.includes(state.auth)) mistakes.push(`auth of ${config.title} must be one of ${config.auth.join(', ')}, not ${AUTH_KINDS.includes(state.auth) ? state.auth : 'that'}`)
      else mistakes.push(...fieldMistakes(config, state, given))
      if (state.scopes.length > SCOPES_MAX || state.scopes.some((scope) => !SCOPE.test(scope))) mistakes.push(`scopes must be at most ${SCOPES_MAX} words without spaces or quotes`)
      if (state.scopes.length > 0 && !isOAuth(state.auth)) mistakes.push(`scopes are asked for with OAuth alone, and auth is ${state.auth}`)
      if (mistakes.length === 0 && isOAuth(state.auth)) mistakes.push(...oauthMistakes(config, state))
      return mistakes
    },

    /** Sentences on what only an MSP Admin may set so. */
    adminOnly(before: ConnectionState | null, after: ConnectionState): readonly string[] {
      const config = connectorOf(after.connector)?.config
      if (config === undefined || before?.baseUrl === after.baseUrl || isVendorUrl(after.baseUrl, config.hosts)) return []
      const why = config.hosts.length === 0 ? `${config.title} has no addresses of its vendor’s` : `baseUrl ${after.baseUrl} is none of ${config.title}’s own addresses (${config.hosts.map((host) => (host.startsWith('.') ? `*${host}` : host)).join(', ')})`
      return [`${why}: only an MSP Admin may set another one, because secrets are sent there`]
    },

    /** What was changed of that which says where secrets are sent. */
    rebinds(before: ConnectionState, after: ConnectionState): readonly string[] {
      const config = connectorOf(after.connector)?.config
      const steering = isOAuth(after.auth) ? [...(config?.oauth === undefined ? [] : oauthFields(config.oauth)), 'clientId'] : []
      return [
        ...(before.baseUrl === after.baseUrl ? [] : ['baseUrl']), ...(before.auth === after.auth ? [] : ['auth']),
        ...steering.filter((name) => (wholeFields(config, before.fields)[name] ?? '') !== (wholeFields(config, after.fields)[name] ?? '')),
      ]
    },

    /** Secrets a way of proving who we are can use. */
    secretsFor(connector: string, auth: AuthKind): readonly string[] {
      const config = connectorOf(connector)?.config
      return config === undefined ? [] : fieldsFor(config, auth).filter(({ isSecret }) => isSecret).map(({ name }) => name)
    },

    /** Settings and mapping with the connector's own defaults where there are none. */
    completed({ connector, fields, mapping }: Pick<ConnectionState, 'connector' | 'fields' | 'mapping'>): { readonly fields: Fields; readonly mapping: TicketMapping } {
      const config = connectorOf(connector)?.config
      const base = config?.mapping ?? { status: {}, priority: {}, place: {} }
      return {
        fields: wholeFields(config, fields),
        mapping: { status: { ...base.status, ...mapping.status }, priority: { ...base.priority, ...mapping.priority }, place: { ...base.place, ...mapping.place } },
      }
    },
  }
}

/** Settings with the connector's own defaults where there are none. */
export function wholeFields(config: ConnectorConfig | undefined, fields: Fields): Fields {
  return { ...Object.fromEntries(config?.fields.flatMap(({ name, isSecret, default: value }) => (isSecret || value === undefined ? [] : [[name, value] as const])) ?? []), ...fields }
}

/** Whether tokens are had by OAuth. */
export function isOAuth(auth: AuthKind): boolean {
  return auth === 'oauth2_client' || auth === 'oauth2_code'
}

function fieldMistakes(config: ConnectorConfig, { auth, fields, secrets }: ConnectionState, given: Fields): readonly string[] {
  const used = fieldsFor(config, auth)
  const open = used.filter(({ isSecret }) => !isSecret)
  const example = ({ name, title, description, example: text }: ConfigField): string => `${name} (${title}): ${description} Example: ${text}`
  return [
    ...used.flatMap((field) => {
      const value = field.isSecret ? given[field.name] : fields[field.name]
      const isThere = field.isSecret ? secrets.includes(field.name) : value !== undefined && value !== ''
      if (!isThere) return field.isRequired && field.default === undefined ? [`${field.isSecret ? 'the secret ' : ''}${example(field)} It is missing.`] : []
      if (value === undefined) return []
      if (value === '') return [`the secret ${field.name} is empty`]
      if (value.length > (field.isSecret ? SECRET_CHARS : VALUE_CHARS) || /[\p{Cc}]/u.test(field.isSecret ? value.replace(/[\r\n\t]/g, '') : value)) return [`${field.name} is too long, or holds characters that nobody can see`]
      return field.pattern === undefined || new RegExp(`^(?:${field.pattern})$`, 'u').test(value) ? [] : [`${field.isSecret ? 'the secret ' : ''}${example(field)} What was given does not look like it.`]
    }),
    ...Object.keys(fields).filter((name) => !open.some((field) => field.name === name)).map((name) => {
      const elsewhere = config.fields.find((field) => field.name === name)
      return elsewhere?.isSecret === true ? `${name} is a secret: give it under "secrets", where it is kept sealed` : elsewhere === undefined ? `${config.title} has no field ${name}; it has ${open.map((field) => field.name).join(', ') || 'none'}` : `${name} is not used with auth ${auth}`
    }),
    ...Object.keys(given).filter((name) => !used.some((field) => field.isSecret && field.name === name)).map((name) => `${config.title} has no secret ${name} with auth ${auth}; it has ${used.filter(({ isSecret }) => isSecret).map((field) => field.name).join(', ') || 'none'}`),
  ]
}

function oauthMistakes(config: ConnectorConfig, state: ConnectionState): readonly string[] {
  if (config.oauth === undefined) return [`${config.title} has no OAuth addresses; choose another auth`]
  const { oauth, hosts } = config
  if (clientIdOf(state.fields, {}) === null && !state.secrets.includes('clientId')) return ['clientId is missing: the id of the OAuth application that you made there']
  const site = { baseUrl: state.baseUrl, fields: wholeFields(config, state.fields), hosts }
  return (['authorizeUrl', 'tokenUrl'] as const).filter((which) => which === 'tokenUrl' || state.auth === 'oauth2_code').flatMap((which) => (oauthAddress(oauth[which], site) === null ? [`the ${which === 'tokenUrl' ? 'token' : 'authorize'} address cannot be made of ${oauthFields(oauth).join(', ') || 'the base URL'}: look at these fields`] : []))
}

function mappingMistakes({ status = {}, priority = {}, place = {} }: Partial<TicketMapping>): readonly string[] {
  const isWord = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= MAPPED_CHARS
  return [
    ...Object.entries(status).flatMap(([state, value]) => (STATES.includes(state) && isWord(value) ? [] : [`mapping.status.${state} must be one of ${STATES.join(', ')} with the PSA’s own id or name`])),
    ...Object.entries(priority).flatMap(([severity, value]) => (SEVERITIES.includes(severity) && isWord(value) ? [] : [`mapping.priority.${severity} must be one of ${SEVERITIES.join(', ')} with the PSA’s own id or name`])),
    ...Object.entries(place).flatMap(([name, value]) => (/^[a-zA-Z][a-zA-Z0-9_]{0,49}$/.test(name) && isWord(value) ? [] : [`mapping.place.${name} must have the PSA’s own id or name, of at most ${MAPPED_CHARS} characters`])),
  ]
}
