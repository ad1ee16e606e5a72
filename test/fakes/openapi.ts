/** Holds calls, not only values, to an OpenAPI description under ../shared/specs: path, method, query, body, and the answer by its status. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'

const ROOT = join(import.meta.dirname, '../../../shared/specs')

/** One call with its answer; bodies parsed, undefined where there is none. */
export interface HeldCall {
  readonly method: string
  readonly url: URL
  readonly body: unknown
  /** Of the request, where it is not the one the description names first. */
  readonly contentType?: string
  readonly status: number
  readonly answer: unknown
}

/** A description that calls are held to. */
export interface CallJudge {
  /** False: the description is not there, and nothing is held to anything. */
  readonly isThere: boolean
  /** What does not fit; null: the description has no such call. */
  judge(call: HeldCall): readonly string[] | null
}

type Json = Readonly<Record<string, unknown>>
interface Operation { readonly parameters?: readonly Json[]; readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> }; readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>> }
interface Components { readonly schemas?: Readonly<Record<string, Json>>; readonly parameters?: Readonly<Record<string, Json>>; readonly requestBodies?: Readonly<Record<string, NonNullable<Operation['requestBody']>>> }
interface Description { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>; readonly components: Components }

/**
 * Reads a description such as `azure/compute-run-command.openapi.json`. `prefix`: what stands before its paths in an address. `isStrict`: members and queries the description
 * does not name are faults of a request. `hasSuccess` false: the description leaves out answers of 200, whose form then is the one it has for others.
 */
export function holdCallsTo(file: string, { prefix = '', isStrict = true, hasSuccess = true }: { readonly prefix?: string; readonly isStrict?: boolean; readonly hasSuccess?: boolean } = {}): CallJudge {
  const key = JSON.stringify([file, prefix, isStrict, hasSuccess])
  const known = judges.get(key) ?? judgeOf(file, prefix, isStrict, hasSuccess)
  judges.set(key, known)
  return known
}

// Compiling a description takes longer than most tests, and a judge remembers nothing of a call.
const judges = new Map<string, CallJudge>()

function judgeOf(file: string, prefix: string, isStrict: boolean, hasSuccess: boolean): CallJudge {
  const path = join(ROOT, file)
  if (!existsSync(path)) return { isThere: false, judge: () => null }
  const description = JSON.parse(readFileSync(path, 'utf8')) as Description
  const loose = compiler(description, false)
  const strict = compiler(description, isStrict)
  const templates = Object.entries(description.paths).map(([template, item]) => ({ template, item, pattern: new RegExp(`^${template.replace(/[.$]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/:]+')}$`) }))
    // `/tickets/search` is no ticket of that id.
    .sort((a, b) => a.template.split('{').length - b.template.split('{').length)

  return {
    isThere: true,
    judge({ method, url, body, contentType, status, answer }) {
      if (!url.pathname.startsWith(prefix)) return null
      const found = templates.find(({ pattern, item }) => pattern.test(url.pathname.slice(prefix.length)) && method.toLowerCase() in item)
      if (found === undefined) return null
      const operation = found.item[method.toLowerCase()] as Operation
      const where = `${method} ${found.template}`
      const parameters = [...((found.item.parameters ?? []) as readonly Json[]), ...(operation.parameters ?? [])].map((one) => resolve(description, one))
      const faults: string[] = []
      for (const { name, in: place, required, schema } of parameters) {
        const value = place === 'query' ? url.searchParams.get(String(name)) : null
        if (place !== 'query') continue
        if (value === null) {
          if (required === true) faults.push(`${where}: query ${String(name)} is missing`)
        } else faults.push(...loose(schema as Json, typed(value, schema as Json)).map((fault) => `${where}: query ${String(name)}${fault}`))
      }
      if (isStrict) for (const name of url.searchParams.keys()) if (!parameters.some((one) => one.name === name)) faults.push(`${where}: query ${name} is not known`)
      const contents = Object.entries(requestBodyOf(description, operation)?.content ?? {})
      const wanted = (contents.find(([type]) => contentType?.startsWith(type) === true) ?? contents[0])?.[1].schema
      if (wanted !== undefined) faults.push(...strict(wanted, body).map((fault) => `${where}: request${fault}`))
      else if (body !== undefined) faults.push(`${where}: a body where none is taken`)
      const others = hasSuccess ? undefined : Object.values(operation.responses).find(({ content }) => content !== undefined)
      const response = hasSuccess ? operation.responses[String(status)] ?? operation.responses.default : status === 200 ? operation.responses['200'] ?? others : {}
      // No description says how a service breaks.
      if (response === undefined && status < 500) faults.push(`${where}: answers ${status}, which the description does not have`)
      const given = Object.values(response?.content ?? {})[0]?.schema
      if (given !== undefined) faults.push(...loose(given, answer).map((fault) => `${where}: answer ${status}${fault}`))
      return faults
    },
  }
}

function typed(value: string, { type }: Json): unknown {
  return type === 'array' ? value.split(',') : type === 'integer' || type === 'number' ? Number(value) : type === 'boolean' ? value === 'true' : value
}

function requestBodyOf({ components }: Description, { requestBody }: Operation): Operation['requestBody'] {
  const name = requestBody !== undefined && '$ref' in requestBody ? String(requestBody.$ref).split('/').at(-1) ?? '' : null
  return name === null ? requestBody : components.requestBodies?.[name]
}

function resolve(description: Description, parameter: Json): Json {
  const name = typeof parameter.$ref === 'string' ? parameter.$ref.split('/').at(-1) ?? '' : null
  return name === null ? parameter : description.components.parameters?.[name] ?? {}
}

function compiler(description: Description, isStrict: boolean): (schema: Json, value: unknown) => readonly string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, formats: { int32: true, int64: true, uint64: true, double: true, float: true, byte: /^[A-Za-z0-9+/]*={0,2}$/, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/, uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, uri: /^https?:\/\// } })
  const components = isStrict ? closed(description.components, description.components) : description.components
  ajv.addSchema({ components }, 'spec')
  const compiled = new Map<Json, ReturnType<typeof ajv.compile>>()
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile(pointed(isStrict ? closed(schema, description.components) : schema))
    compiled.set(schema, validate)
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message = 'does not fit', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
  }
}

/** References into the description from outside of it. */
function pointed(schema: object): Json {
  const inside = (part: unknown): unknown => (Array.isArray(part) ? part.map(inside) : typeof part === 'object' && part !== null ? pointed(part) : part)
  return Object.fromEntries(Object.entries(schema).map(([key, part]: [string, unknown]) => [key, key === '$ref' && typeof part === 'string' ? part.replace(/^#/, 'spec#') : inside(part)]))
}

/** Objects that name their members take no others; what is put together of several is made one first, for each alone would refuse the members of the others. */
function closed(schema: object, components: Components): Json {
  const inside = (part: unknown): unknown => (Array.isArray(part) ? part.map(inside) : typeof part === 'object' && part !== null ? closed(part, components) : part)
  const parts = Object.fromEntries(Object.entries(joined(schema as Json, components)).map(([key, part]: [string, unknown]) => [key, inside(part)]))
  return parts.type === 'object' && Object.keys(parts.properties ?? {}).length > 0 && !('additionalProperties' in parts) ? { ...parts, additionalProperties: false } : parts
}

function joined(schema: Json, components: Components): Json {
  if (!Array.isArray(schema.allOf)) return schema
  const { allOf, ...own } = schema
  const all = [own, ...(allOf as readonly Json[])].map((one) => joined(typeof one.$ref === 'string' ? components.schemas?.[one.$ref.split('/').at(-1) ?? ''] ?? {} : one, components))
  if (all.some((one) => 'anyOf' in one || 'oneOf' in one)) return schema
  const lists = (key: string): unknown[] => all.flatMap((one) => (Array.isArray(one[key]) ? (one[key] as unknown[]) : []))
  return { ...Object.assign({}, ...all), type: 'object', properties: Object.assign({}, ...all.map((one) => one.properties ?? {})) as unknown, ...(lists('required').length === 0 ? {} : { required: [...new Set(lists('required'))] }) } as Json
}
