/** People and programs that call the running program over HTTP, and what they wait for. */
import type { Role } from '../../schemas/settings.ts'
import type { IncidentDetail, IncidentView, Page } from '../../schemas/views.ts'
import type { Balance } from '../../storage/queries/balance.ts'
import { until, type Program } from './process.ts'
import { post, type Company } from './sender.ts'

/** What was answered; `body` is null where it is not JSON. */
export interface Reply<T> {
  readonly status: number
  readonly body: T
  readonly text: string
  readonly headers: Headers
}

/** Somebody with a token; null calls without one. */
export class Client {
  readonly url: string
  readonly token: string | null

  constructor(url: string, token: string | null) {
    this.url = url
    this.token = token
  }

  /** One call; every status is an answer. Header values given here go before the client's own. */
  async call<T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply<T>> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }), ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
    return { status: answer.status, body: (isJson ? JSON.parse(text) : null) as T, text, headers: answer.headers }
  }

  /** One reading; throws unless it is answered 200. */
  async get<T>(path: string): Promise<T> {
    const { status, body, text } = await this.call<T>('GET', path)
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${text}`)
    return body
  }

  /** Incidents, without those merged into others unless asked for. */
  async incidents(query = ''): Promise<readonly IncidentView[]> {
    return (await this.get<Page<IncidentView>>(`/api/incidents?limit=200${query}`)).items
  }

  incident(id: string): Promise<IncidentDetail> {
    return this.get<IncidentDetail>(`/api/incidents/${id}`)
  }
}

/** A company with a key that the edge already knows. */
export async function onboard(program: Program, name: string, settings: object = {}): Promise<Company> {
  const company = await program.api<Company>('POST', '/api/companies', { name, ...settings })
  await keyWorks(program, company)
  return company
}

/** Waits until the edge knows a new key: it then complains of the body, not of the key. */
export async function keyWorks(program: Program, key: Pick<Company, 'apiKey' | 'hmacSecret'>, source = 'alerts'): Promise<void> {
  await until('the edge knows the key', async () => {
    const { status } = await post(program.url, key, source, '{')
    if (status !== 400 && status !== 401) throw new Error(`half a body was answered ${status}`)
    return status === 400
  })
}

const PASSWORD = 'correct horse battery'
let serial = 0

/** A user of the companies, logged in. */
export async function logIn(program: Program, role: Role, companies: readonly string[]): Promise<Client & { readonly userId: string }> {
  const email = `${role}-${++serial}@example.com`
  const { id } = await program.api<{ id: string }>('POST', '/api/users', { email, name: `${role} ${serial}`, password: PASSWORD, role, companies })
  const { status, body, text } = await new Client(program.url, null).call<{ token: string }>('POST', '/api/auth/login', { email, password: PASSWORD })
  if (status !== 200) throw new Error(`logging in ${email} was answered ${status}: ${text}`)
  return Object.assign(new Client(program.url, body.token), { userId: id })
}

/** The admin of the installation. */
export function admin(program: Program): Client {
  return new Client(program.url, program.adminToken)
}

/** The company's balance once this many elements were accepted and each has its fate. */
export async function settledBalance(program: Program, companyId: string, accepted: number): Promise<Balance> {
  return until(`${accepted} accepted elements have their fate`, async () => {
    const balance = await program.api<Balance>('GET', `/api/balance?company=${companyId}`)
    return balance.accepted >= accepted && balance.inFlight === 0 && balance.problems.opened === balance.problems.placed ? balance : null
  })
}
