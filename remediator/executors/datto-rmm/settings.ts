/** What a Datto RMM account's fields mean; read once per call, so that a mistake is named before anything is sent. */
import { ExecutorError, type CloudAccount } from '../port.ts'
import type { System } from '../../../schemas/runbooks.ts'

/** A Datto RMM account, understood. An API key reaches every site of the MSP; the site is what binds the account to its company. */
export interface DattoSettings {
  /** Base of the service, without a slash at the end. */
  readonly base: string
  readonly apiKey: string
  /** Devices of other sites are not seen and not touched. */
  readonly siteUid: string
  /** The stored component that runs what it is handed, by system; null: none was made. */
  readonly components: Readonly<Record<System, string | null>>
}

/** Where Datto RMM is. */
export const PLATFORMS = ['pinotage', 'merlot', 'concord', 'vidal', 'zinfandel', 'syrah'] as const

const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Reads the fields. Throws `invalid` with the field's name. */
export function dattoSettings({ fields }: CloudAccount): DattoSettings {
  const platform = PLATFORMS.find((one) => one === fields.platform)
  const endpoint = fields.endpoint ?? ''
  if (platform === undefined && endpoint === '') throw wrong('platform', `must be one of ${PLATFORMS.join(', ')}`)
  const url = endpoint === '' ? new URL(`https://${platform ?? ''}-api.centrastage.net`) : URL.canParse(endpoint) ? new URL(endpoint) : null
  if (url?.protocol !== 'https:' || url.username !== '' || url.search !== '' || url.hash !== '') throw wrong('endpoint', 'must be an https address without user, query and fragment')
  const apiKey = fields.apiKey ?? ''
  if (!/^[A-Za-z0-9]{8,128}$/.test(apiKey)) throw wrong('apiKey', 'must be the API key of a user')
  const uid = (name: string): string | null => {
    const value = fields[name] ?? ''
    if (value !== '' && !UID.test(value)) throw wrong(name, 'must be a uid')
    return value === '' ? null : value
  }
  const siteUid = uid('siteUid')
  if (siteUid === null) throw wrong('siteUid', 'must be the uid of the company’s site')
  return { base: url.href.replace(/\/+$/, ''), apiKey, siteUid, components: { linux: uid('linuxComponent'), windows: uid('windowsComponent') } }
}

const wrong = (field: string, what: string): ExecutorError => new ExecutorError('invalid', `field ${field} of the Datto RMM account ${what}`)
