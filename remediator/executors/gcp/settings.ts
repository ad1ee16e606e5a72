/** What a Google Cloud account's fields mean; read once per call, so that a mistake is named before anything is sent. */
import { ExecutorError, type CloudAccount } from '../port.ts'

/** A Google Cloud account, understood. */
export interface GcpSettings {
  readonly projectId: string
  /** `key`: the key of a service account, stored; `ambient`: our own identity, and nothing is stored. */
  readonly identity: 'key' | 'ambient'
  /** E-mail address of the service account that our own identity takes on; null: it acts as itself. */
  readonly serviceAccount: string | null
  /** Machines elsewhere are not seen and not touched; empty: every zone of the project. */
  readonly zones: readonly string[]
  /** Bases of the three services, without a slash at the end. */
  readonly osConfig: string
  readonly compute: string
  readonly iam: string
}

/** A stored key, as far as it is used. */
export interface GcpKey {
  readonly email: string
  readonly keyId: string
  readonly privateKey: string
}

const PROJECT = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/
const EMAIL = /^[a-z0-9][a-z0-9-]{0,62}@[a-z0-9.-]{1,100}\.gserviceaccount\.com$/

/** Reads the fields. Throws `invalid` with the field's name. */
export function gcpSettings({ fields }: CloudAccount): GcpSettings {
  const projectId = fields.projectId ?? ''
  if (!PROJECT.test(projectId)) throw wrong('projectId', 'must be the id of a project')
  const identity = fields.identity ?? 'key'
  if (identity !== 'key' && identity !== 'ambient') throw wrong('identity', 'must be key or ambient')
  const serviceAccount = fields.serviceAccount ?? ''
  if (serviceAccount !== '' && !EMAIL.test(serviceAccount)) throw wrong('serviceAccount', 'must be the e-mail address of a service account')
  const endpoint = fields.endpoint === undefined || fields.endpoint === '' ? null : address(fields.endpoint)
  return {
    projectId, identity, serviceAccount: serviceAccount === '' ? null : serviceAccount, zones: (fields.zones ?? '').split(',').map((zone) => zone.trim()).filter((zone) => zone !== ''),
    osConfig: endpoint ?? 'https://osconfig.googleapis.com', compute: `${endpoint ?? 'https://compute.googleapis.com'}/compute/v1`, iam: endpoint ?? 'https://iamcredentials.googleapis.com',
  }
}

/** Reads a stored key. Only keys of service accounts are taken: other configurations name addresses and programs to get a token from. */
export function gcpKey(text: string | null): GcpKey {
  if (text === null || text === '') throw new ExecutorError('unauthorised', 'the Google Cloud account has no stored key; store one, or set identity to ambient')
  let parsed: Readonly<Record<string, unknown>>
  try {
    parsed = JSON.parse(text) as Record<string, unknown>
  } catch {
    // The error of JSON.parse quotes the text, which is the key.
    throw new ExecutorError('unauthorised', 'the stored key of the Google Cloud account is no JSON; store the whole file of the key')
  }
  const { type, client_email: email, private_key_id: keyId, private_key: privateKey } = parsed
  if (type !== 'service_account') throw new ExecutorError('unauthorised', 'the stored key is no key of a service account; other configurations are not taken')
  if (typeof email !== 'string' || !EMAIL.test(email) || typeof privateKey !== 'string' || !privateKey.includes('PRIVATE KEY')) throw new ExecutorError('unauthorised', 'the stored key lacks client_email or private_key; store the whole file of the key')
  return { email, keyId: typeof keyId === 'string' ? keyId : '', privateKey }
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'https:' || url.username !== '' || url.search !== '' || url.hash !== '') throw wrong('endpoint', 'must be an https address without user, query and fragment')
  return url.href.replace(/\/+$/, '')
}

const wrong = (field: string, what: string): ExecutorError => new ExecutorError('invalid', `field ${field} of the Google Cloud account ${what}`)
