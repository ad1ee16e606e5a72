/** The part of AWS that says who one is: roles, external ids, sessions that end, and session policies, which count. Signatures are looked at, not verified. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { holdTo } from './spec.ts'

/** An error as AWS names it. */
export class AwsRefusal extends Error {
  readonly code: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  constructor(code: string, message: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.headers = headers
  }
}

/** A role of a company's account. */
export interface FakeRole {
  readonly arn: string
  /** Null: whoever asks gets it. */
  readonly externalId: string | null
  /** Whether its trust policy lets sessions carry tags. */
  readonly allowsTags?: boolean
}

/** Keys that were given out. */
export interface FakeSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly token: string
  readonly arn: string
  readonly accountId: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly policy: { readonly Statement: readonly { readonly Effect: string; readonly Action: string | readonly string[]; readonly Resource: string | readonly string[] }[] } | null
  endsAtMs: number
}

/** Who this program is. */
export const BASE = { accessKeyId: 'AKIATESTALERTWHISP1', secretAccessKey: 'base-secret-key-that-must-never-be-told' } as const

/** Who a request is signed as, by the key in its head. */
export class FakeIdentities {
  readonly roles = new Map<string, FakeRole>()
  readonly sessions: FakeSession[] = []
  readonly spec = holdTo('aws/sts.openapi.json')
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The session of a request; null for the program's own keys. */
  of(request: IncomingMessage, service: string): FakeSession | null {
    const signed = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([a-z0-9]+)\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/.exec(request.headers.authorization ?? '')
    if (signed === null) throw new AwsRefusal('MissingAuthenticationTokenException', 'Missing Authentication Token', 403)
    if (signed[3] !== service) throw new AwsRefusal('InvalidSignatureException', `Credential should be scoped to correct service: '${service}'.`, 403)
    if (signed[1] === BASE.accessKeyId) return null
    const session = this.sessions.find(({ accessKeyId }) => accessKeyId === signed[1])
    if (session === undefined || session.token !== request.headers['x-amz-security-token']) throw new AwsRefusal('UnrecognizedClientException', 'The security token included in the request is invalid.', 400)
    if (session.endsAtMs <= this.#now()) throw new AwsRefusal('ExpiredTokenException', 'The security token included in the request is expired', 400)
    return session
  }

  /** Refuses what the session's policy does not allow. */
  authorise(session: FakeSession | null, action: string, resources: readonly string[]): void {
    if (session === null) throw new AwsRefusal('AccessDeniedException', `User: arn:aws:iam::999999999999:user/aw is not authorized to perform: ${action}`, 400)
    const { policy } = session
    if (policy === null) return
    const allows = (resource: string): boolean => policy.Statement.some(({ Effect, Action, Resource }) => Effect === 'Allow' && [Action].flat().some((one) => fits(one, action)) && [Resource].flat().some((one) => fits(one, resource)))
    const refused = resources.find((resource) => !allows(resource))
    if (refused !== undefined) throw new AwsRefusal('AccessDeniedException', `User: ${session.arn} is not authorized to perform: ${action} on resource: ${refused} because no session policy allows the ${action} action`, 400)
  }

  /** Answers a call of the token service, as XML. */
  answer(form: URLSearchParams, caller: FakeSession | null, told: (fault: string) => void): string {
    const action = form.get('Action')
    if (action === 'GetCallerIdentity') {
      const arn = caller?.arn ?? 'arn:aws:iam::999999999999:user/aw'
      return xml('GetCallerIdentity', `<Arn>${arn}</Arn><UserId>AIDATEST</UserId><Account>${caller?.accountId ?? '999999999999'}</Account>`)
    }
    if (action !== 'AssumeRole') throw new AwsRefusal('InvalidAction', `Could not find operation ${action ?? ''} for version 2011-06-15`)
    const asked = assumeRoleOf(form)
    for (const fault of this.spec.faults('AssumeRoleRequest', asked)) told(fault)
    const role = this.roles.get(asked.RoleArn)
    const denied = new AwsRefusal('AccessDenied', `User: arn:aws:iam::999999999999:user/aw is not authorized to perform: sts:AssumeRole on resource: ${asked.RoleArn}`, 403)
    if (role === undefined || caller !== null || (role.externalId !== null && role.externalId !== asked.ExternalId) || ((asked.Tags?.length ?? 0) > 0 && role.allowsTags === false)) throw denied
    const session: FakeSession = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`, secretAccessKey: randomBytes(30).toString('base64'), token: randomBytes(120).toString('base64'),
      arn: `arn:aws:sts::${role.arn.split(':')[4] ?? ''}:assumed-role/${role.arn.split('/').at(-1) ?? ''}/${asked.RoleSessionName}`, accountId: role.arn.split(':')[4] ?? '', name: asked.RoleSessionName,
      tags: Object.fromEntries((asked.Tags ?? []).map(({ Key, Value }) => [Key, Value])), policy: asked.Policy === undefined ? null : (JSON.parse(asked.Policy) as FakeSession['policy']), endsAtMs: this.#now() + (asked.DurationSeconds ?? 3600) * 1000,
    }
    this.sessions.push(session)
    return xml('AssumeRole', `<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId><SecretAccessKey>${session.secretAccessKey}</SecretAccessKey><SessionToken>${session.token}</SessionToken><Expiration>${new Date(session.endsAtMs).toISOString()}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROATEST:${session.name}</AssumedRoleId><Arn>${session.arn}</Arn></AssumedRoleUser>`)
  }
}

interface Asked { readonly RoleArn: string; readonly RoleSessionName: string; readonly ExternalId?: string; readonly Policy?: string; readonly DurationSeconds?: number; readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] }

function assumeRoleOf(form: URLSearchParams): Asked {
  const text = (name: string): Record<string, string> => (form.get(name) === null ? {} : { [name]: form.get(name) ?? '' })
  const tags: { Key: string; Value: string }[] = []
  for (let at = 1; form.has(`Tags.member.${at}.Key`); at++) tags.push({ Key: form.get(`Tags.member.${at}.Key`) ?? '', Value: form.get(`Tags.member.${at}.Value`) ?? '' })
  const duration = form.get('DurationSeconds')
  return { RoleArn: form.get('RoleArn') ?? '', RoleSessionName: form.get('RoleSessionName') ?? '', ...text('ExternalId'), ...text('Policy'), ...(duration === null ? {} : { DurationSeconds: Number(duration) }), ...(tags.length === 0 ? {} : { Tags: tags }) }
}

const xml = (action: string, result: string): string => `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`

/** Whether a pattern of a policy, with its stars, fits. */
export function fits(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(text)
}
