/** The fields of an account, cloud by cloud. Executors read the same names. */
import type { Cloud } from '../../schemas/runs.ts'
import { field, type CloudSchema } from './field.ts'

const GUID = /[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/
const ELSEWHERE = 'requests go there with signatures or tokens, from where this program runs'

const aws: CloudSchema = {
  cloud: 'aws',
  fields: [
    field('accountId', 'Account', 'Twelve digits of the account the machines are in; may be left out where roleArn is given.', '123456789012', { pattern: /\d{12}/ }),
    field('roleArn', 'Role', 'ARN of the role that this program assumes with the external id; left out, it is the role AlertWhisperer that the onboarding text makes in the account.', 'arn:aws:iam::123456789012:role/AlertWhisperer', { pattern: /arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role\/[\w+=,.@/-]{1,512}/ }),
    field('externalId', 'External id', 'Made by the program, fresh for each account; the role’s trust policy asks for it, so that no other company can have us act on this account.', 'kJ3…', { isMade: true }),
    field('regions', 'Regions', 'Where machines are; commands go nowhere else.', 'eu-central-1, us-east-1', { isRequired: true, kind: 'list', pattern: /[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}/ }),
    field('outputBucket', 'Output bucket', 'Bucket to which machines write whole outputs under alert-whisperer/; without it and without a log group an output is cut at 24,000 bytes.', 'acme-ssm-output', { pattern: /[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/ }),
    field('logGroup', 'Log group', 'Log group of CloudWatch Logs to which machines write whole outputs; read when there is no bucket.', '/alert-whisperer/output', { pattern: /[\w./#-]{1,512}/ }),
    field('endpoint', 'Endpoint', 'Address called in place of Amazon’s own for Systems Manager, STS, S3 and CloudWatch Logs; for sandboxes.', 'https://aws.sandbox.example', { kind: 'address', adminOnly: { why: ELSEWHERE, exceptFor: null } }),
  ],
  secret: null,
  together({ accountId = '', roleArn = '' }) {
    if (accountId === '' && roleArn === '') return ['accountId is missing: say in which account the machines are. Example: 123456789012']
    return accountId === '' || roleArn === '' || roleArn.split(':')[4] === accountId ? [] : ['accountId and the account in roleArn differ: correct one of them']
  },
}

const azure: CloudSchema = {
  cloud: 'azure',
  fields: [
    field('subscriptionId', 'Subscription', 'Id of the subscription the machines are in.', '00000000-0000-0000-0000-000000000000', { isRequired: true, pattern: GUID, bindsSecret: true }),
    field('tenantId', 'Tenant', 'Id or domain of the directory; needed with a client secret.', 'acme.onmicrosoft.com', { pattern: /[A-Za-z0-9][A-Za-z0-9.-]{0,253}/, bindsSecret: true }),
    field('identity', 'Identity', 'secret: an application with a client secret; managed: the managed identity of the machine this program runs on.', 'secret', {
      kind: 'choice', values: ['secret', 'managed'], default: 'secret', bindsSecret: true, adminOnly: { why: 'the program’s own identity reaches every subscription it was given', exceptFor: /^secret$/ },
    }),
    field('clientId', 'Application', 'Application (client) id; with a managed identity only for a user-assigned one.', '00000000-0000-0000-0000-000000000000', { pattern: GUID, bindsSecret: true }),
    field('resourceGroups', 'Resource groups', 'Machines outside these groups are not seen and not touched; empty: the whole subscription.', 'production, web', { kind: 'list', pattern: /[\w().-]{1,90}/ }),
    field('runCommand', 'Way of running', 'auto: managed run commands, and action run commands where those are refused; managed or action: that one alone.', 'auto', { kind: 'choice', values: ['auto', 'managed', 'action'], default: 'auto' }),
    field('outputContainer', 'Output container', 'Address of a blob container that takes whole outputs; without it only the last 4,096 bytes are known.', 'https://acmeoutput.blob.core.windows.net/runs', {
      kind: 'address', bindsSecret: true, adminOnly: { why: ELSEWHERE, exceptFor: /^https:\/\/[a-z0-9]{3,24}\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)\/[a-z0-9$-]{3,63}\/?$/ },
    }),
    field('outputIdentity', 'Output identity', 'Client id of the machines’ user-assigned identity that writes to the container; system: their system-assigned one; absent: a shared access signature in the secret.', 'system', { pattern: new RegExp(`${GUID.source}|system|`) }),
    field('endpoint', 'Resource Manager', 'Address of Azure Resource Manager, where it is not the public cloud’s.', 'https://management.azure.com', {
      kind: 'address', bindsSecret: true, adminOnly: { why: ELSEWHERE, exceptFor: /^https:\/\/(management\.azure\.com|management\.usgovcloudapi\.net|management\.chinacloudapi\.cn)\/?$/ },
    }),
    field('authority', 'Authority', 'Address of Entra ID, where it is not the public cloud’s.', 'https://login.microsoftonline.com', {
      kind: 'address', bindsSecret: true, adminOnly: { why: ELSEWHERE, exceptFor: /^https:\/\/(login\.microsoftonline\.com|login\.microsoftonline\.us|login\.partner\.microsoftonline\.cn|login\.chinacloudapi\.cn)\/?$/ },
    }),
  ],
  secret: {
    title: 'Client secret', description: 'Secret of the application, or JSON with clientSecret and outputSas, the query of a shared access signature for the output container. Not needed with a managed identity.', example: 'x8Q~…',
    isNeeded: ({ identity }) => identity !== 'managed', mistake: (secret) => jsonMistake(secret, (value) => ['clientSecret', 'outputSas'].some((name) => typeof value[name] === 'string'), 'needs clientSecret or outputSas'),
  },
  together: ({ identity = 'secret', tenantId = '', clientId = '' }) => (identity !== 'secret' ? [] : [...(tenantId === '' ? ['tenantId is missing: with a client secret the directory has to be known'] : []), ...(clientId === '' ? ['clientId is missing: with a client secret the application has to be known'] : [])]),
}

const gcp: CloudSchema = {
  cloud: 'gcp',
  fields: [
    field('projectId', 'Project', 'Id of the project the machines are in.', 'acme-production', { isRequired: true, pattern: /[a-z][a-z0-9-]{4,28}[a-z0-9]/, bindsSecret: true }),
    field('zones', 'Zones', 'Where machines are; commands go nowhere else. Empty: every zone of the project.', 'europe-west3-a, europe-west3-b', { kind: 'list', pattern: /[a-z]+-[a-z]+\d+-[a-z]/ }),
    field('identity', 'Identity', 'key: the key of a service account, stored as secret; ambient: who this program is on the machine it runs on.', 'key', {
      kind: 'choice', values: ['key', 'ambient'], default: 'key', bindsSecret: true, adminOnly: { why: 'the program’s own identity reaches every project it was given', exceptFor: /^key$/ },
    }),
    field('serviceAccount', 'Service account', 'With the ambient identity: the service account of the company’s project that it takes on. Left out, it acts as itself.', 'alert-whisperer@acme-production.iam.gserviceaccount.com', {
      pattern: /[a-z0-9][a-z0-9-]{0,62}@[a-z0-9.-]{1,100}\.gserviceaccount\.com/, bindsSecret: true, adminOnly: { why: 'the program’s own identity takes on every service account that lets it', exceptFor: null },
    }),
    field('endpoint', 'Endpoint', 'Address called in place of Google’s own; for sandboxes.', 'https://gcp.sandbox.example', { kind: 'address', bindsSecret: true, adminOnly: { why: ELSEWHERE, exceptFor: null } }),
  ],
  secret: {
    title: 'Service account key', description: 'The whole JSON file of a key of the service account. Not needed with the ambient identity.', example: '{"type":"service_account",…}',
    isNeeded: ({ identity }) => identity !== 'ambient', mistake: (secret) => (secret.trimStart().startsWith('{') ? jsonMistake(secret, (value) => typeof value['client_email'] === 'string' && typeof value['private_key'] === 'string', 'has to be the whole file of a service account key') : 'the secret has to be the whole JSON file of a service account key'),
  },
  together: () => [],
}

const UID = /[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/
const ALL_SITES = 'an API key of Datto RMM reaches the devices of every company of the MSP'

const dattoRmm: CloudSchema = {
  cloud: 'datto_rmm',
  fields: [
    field('platform', 'Platform', 'Where the MSP’s Datto RMM is: the first word of its address.', 'pinotage', { isRequired: true, kind: 'choice', values: ['pinotage', 'merlot', 'concord', 'vidal', 'zinfandel', 'syrah'], bindsSecret: true }),
    field('apiKey', 'API key', 'Key of a user made for this program; its secret key is this account’s secret.', 'A1B2C3D4E5F6', { isRequired: true, pattern: /[A-Za-z0-9]{8,128}/, bindsSecret: true, adminOnly: { why: ALL_SITES, exceptFor: null } }),
    field('siteUid', 'Site', 'Uid of the company’s site; devices of other sites are not seen and not touched.', '00000000-0000-0000-0000-000000000000', { isRequired: true, pattern: UID, bindsSecret: true, adminOnly: { why: ALL_SITES, exceptFor: null } }),
    field('linuxComponent', 'Component for Linux', 'Uid of the stored component that the onboarding text shows; without it no script runs on Linux.', '00000000-0000-0000-0000-000000000000', { pattern: UID }),
    field('windowsComponent', 'Component for Windows', 'Uid of the stored component that the onboarding text shows; without it no script runs on Windows.', '00000000-0000-0000-0000-000000000000', { pattern: UID }),
    field('endpoint', 'Endpoint', 'Address called in place of the platform’s own; for sandboxes.', 'https://datto.sandbox.example', { kind: 'address', bindsSecret: true, adminOnly: { why: ELSEWHERE, exceptFor: null } }),
  ],
  secret: { title: 'API secret key', description: 'Secret key that Datto RMM showed when the API key was made.', example: '9Z8Y…', isNeeded: () => true, mistake: () => null },
  together: () => [],
}

/** The tables, by cloud. */
export const CLOUD_SCHEMAS: Readonly<Record<Cloud, CloudSchema>> = { aws, azure, gcp, datto_rmm: dattoRmm }

/** Never quotes the text, which is a secret. */
function jsonMistake(secret: string, fits: (value: Readonly<Record<string, unknown>>) => boolean, otherwise: string): string | null {
  if (!secret.trimStart().startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(secret)
    return typeof value === 'object' && value !== null && fits(value as Readonly<Record<string, unknown>>) ? null : `the secret ${otherwise}`
  } catch {
    return 'the secret begins like JSON and is none'
  }
}
