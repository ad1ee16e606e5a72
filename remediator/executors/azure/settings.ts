/** What an Azure account's fields mean; read once per call, so that a mistake is named before anything is sent. */
import { ExecutorError, type CloudAccount } from '../port.ts'

/** An Azure account, understood. */
export interface AzureSettings {
  readonly tenantId: string
  readonly subscriptionId: string
  /** `secret`: service principal with a client secret; `managed`: the identity of the machine we run on. */
  readonly identity: 'secret' | 'managed'
  /** Application id of the service principal, or of a user-assigned identity; null: the system-assigned one. */
  readonly clientId: string | null
  /** Azure Resource Manager, without a slash at the end. */
  readonly endpoint: string
  /** Entra ID, without a slash at the end. */
  readonly authority: string
  /** What the token is for. */
  readonly scope: string
  /** Machines outside these groups are not seen and not touched; empty: the whole subscription. */
  readonly resourceGroups: readonly string[]
  /** `auto`: managed run commands, and action run commands where managed ones are refused. */
  readonly runCommand: 'auto' | 'managed' | 'action'
  /** Address of a blob container that takes the whole output; null: its last 4,096 bytes must do. */
  readonly outputContainer: string | null
  /** Client id of the machines' user-assigned identity that writes there; empty: their system-assigned one; null: a SAS. */
  readonly outputIdentity: string | null
}

/** What an account's stored secret holds. */
export interface AzureSecret {
  readonly clientSecret: string | null
  /** Query of a shared access signature that may read, create, write and append in the container. */
  readonly outputSas: string | null
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const TENANT = /^[A-Za-z0-9][A-Za-z0-9.-]{0,253}$/
const AUDIENCES: Readonly<Record<string, string>> = { 'https://management.usgovcloudapi.net': 'https://management.usgovcloudapi.net', 'https://management.chinacloudapi.cn': 'https://management.chinacloudapi.cn' }

/** Reads the fields. Throws `invalid` with the field's name. */
export function azureSettings({ fields }: CloudAccount): AzureSettings {
  const identity = fields.identity ?? 'secret'
  if (identity !== 'secret' && identity !== 'managed') throw wrong('identity', 'must be secret or managed')
  const tenantId = fields.tenantId ?? ''
  if (identity === 'secret' && !TENANT.test(tenantId)) throw wrong('tenantId', 'must be the id or domain of a tenant')
  const subscriptionId = fields.subscriptionId ?? ''
  if (!GUID.test(subscriptionId)) throw wrong('subscriptionId', 'must be the id of a subscription')
  const clientId = fields.clientId ?? ''
  if ((identity === 'secret' || clientId !== '') && !GUID.test(clientId)) throw wrong('clientId', 'must be the application id of the service principal')
  const runCommand = fields.runCommand ?? 'auto'
  if (runCommand !== 'auto' && runCommand !== 'managed' && runCommand !== 'action') throw wrong('runCommand', 'must be auto, managed or action')
  const endpoint = address('endpoint', fields.endpoint ?? 'https://management.azure.com')
  return {
    tenantId, subscriptionId, identity, clientId: clientId === '' ? null : clientId, endpoint, authority: address('authority', fields.authority ?? 'https://login.microsoftonline.com'),
    scope: `${AUDIENCES[endpoint] ?? 'https://management.azure.com'}/.default`,
    resourceGroups: (fields.resourceGroups ?? '').split(',').map((name) => name.trim()).filter((name) => name !== ''), runCommand,
    outputContainer: fields.outputContainer === undefined || fields.outputContainer === '' ? null : address('outputContainer', fields.outputContainer), outputIdentity: fields.outputIdentity === undefined || fields.outputIdentity === '' ? null : fields.outputIdentity,
  }
}

/** Reads the stored secret: the client secret itself, or JSON with `clientSecret` and `outputSas`. */
export function azureSecret(text: string | null): AzureSecret {
  if (text === null || text === '') return { clientSecret: null, outputSas: null }
  if (!text.trimStart().startsWith('{')) return { clientSecret: text, outputSas: null }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The error of JSON.parse quotes the text, which is the secret.
    throw new ExecutorError('invalid', 'the stored secret begins like JSON and is none; store the client secret again')
  }
  const member = (name: string): string | null => {
    const value = (parsed as Record<string, unknown>)[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  return { clientSecret: member('clientSecret'), outputSas: member('outputSas')?.replace(/^\?/, '') ?? null }
}

function address(field: string, text: string): string {
  if (!URL.canParse(text)) throw wrong(field, 'must be an address')
  const url = new URL(text)
  if (url.protocol !== 'https:' || url.username !== '' || url.search !== '' || url.hash !== '') throw wrong(field, 'must be an https address without user, query and fragment')
  return url.href.replace(/\/+$/, '')
}

const wrong = (field: string, what: string): ExecutorError => new ExecutorError('invalid', `field ${field} of the Azure account ${what}`)
