/** Which companies differ from what the MSP sets for all, in which settings and rules, who set it, when and why. */
import { isDeepStrictEqual } from 'node:util'
import type { Scope } from '../../schemas/access.ts'
import type { CompanyDifferences, Difference, RuleRevision } from '../../schemas/rule-views.ts'
import type { StoredRuleBook } from '../../schemas/rules.ts'
import { fieldsOf, inherited, type MspOverrides, type Overrides, type SettingMark, type SettingMarks } from '../../schemas/settings-cascade.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { MSP_SCOPE, rulesByName, type RuleOrigins } from './rules.ts'
import { managedCompanies } from './scope.ts'
import { decodeCursor, iso, Params, toPage, whole, type Sql } from './sql.ts'

/** Which companies are compared: one, or all the caller manages, by name. A page counts companies that set something themselves; those that set just what is inherited are left out of it. */
export interface DifferenceQuery extends PageQuery {
  readonly companyId: string | null
}

interface Row {
  id: string
  name: string
  settings: Overrides
  marks: SettingMarks
  rules: StoredRuleBook | null
  origins: RuleOrigins | null
}

/** Companies that differ, by name. */
export async function listDifferences(sql: Sql, scope: Scope, query: DifferenceQuery): Promise<Page<CompanyDifferences>> {
  const params = new Params()
  const where = [managedCompanies(scope, params, 'c.id'), `(c.settings <> '{}' or b.scope is not null)`]
  if (query.companyId !== null) where.push(`c.id = ${params.add(query.companyId)}`)
  if (query.cursor !== null) where.push(`c.name > ${params.add(decodeCursor(query.cursor, 'string'))}`)
  const rows = await sql.query<Row>(
    `select c.id, c.name, c.settings, c.settings_origins as marks, b.document as rules, b.origins
     from companies c left join rule_books b on b.scope = c.id and b.revision = (select max(revision) from rule_books where scope = c.id)
     where ${where.join(' and ')} order by c.name limit ${params.add(query.limit + 1)}`,
    params.values,
  )
  const { items, next } = toPage(rows, query.limit, ({ name }) => name)
  const [general] = await sql.query<{ settings: MspOverrides; rules: StoredRuleBook | null }>(
    `select m.settings, (select document from rule_books where scope = '${MSP_SCOPE}' order by revision desc limit 1) as rules from msp_settings m`,
  )
  const revisions = await revisionsOf(sql, items)
  const compared = items.map((row): CompanyDifferences => ({
    companyId: row.id, name: row.name,
    differences: [...settingDifferences(row, general?.settings ?? {}), ...ruleDifferences(row, general?.rules ?? {}, revisions)],
  }))
  return { items: compared.filter(({ differences }) => differences.length > 0), next }
}

function settingDifferences({ settings, marks }: Row, msp: MspOverrides): Difference[] {
  const found: Difference[] = []
  for (const [field, value] of fieldsOf(settings)) {
    const general = inherited(msp, field)
    if (!isDeepStrictEqual(general, value)) found.push({ what: 'setting', field, how: general === null ? 'own' : 'replaced', inherited: general, value, set: marks[field] ?? null })
  }
  return found
}

function ruleDifferences({ id, rules, origins }: Row, msp: StoredRuleBook, revisions: ReadonlyMap<string, SettingMark>): Difference[] {
  const general = rulesByName(msp)
  const found: Difference[] = []
  for (const [field, value] of rulesByName(rules ?? {})) {
    const inheritedRule = general.get(field) ?? null
    const isOff = typeof value === 'object' && value !== null && 'enabled' in value && value.enabled === false
    // Switching off what is not there, or setting what holds anyway, makes no difference.
    if ((isOff && inheritedRule === null) || isDeepStrictEqual(inheritedRule, value)) continue
    found.push({ what: 'rule', field, how: isOff ? 'off' : inheritedRule === null ? 'own' : 'replaced', inherited: inheritedRule, value, set: revisions.get(`${id} ${origins?.[field] ?? 0}`) ?? null })
  }
  return found
}

/** Who saved the revisions since which the rules of these companies stand as they do, by `<company> <revision>`. */
async function revisionsOf(sql: Sql, rows: readonly Row[]): Promise<ReadonlyMap<string, SettingMark>> {
  const wanted = rows.flatMap(({ id, origins }) => [...new Set(Object.values(origins ?? {}))].map((revision) => ({ scope: id, revision })))
  if (wanted.length === 0) return new Map()
  const found = await sql.query<RuleRevision & { createdAt: string }>(
    `select b.scope, ${whole('b.revision')} as revision, b.author, b.comment, ${iso('b.created_at')} as "createdAt"
     from rule_books b join unnest($1::text[], $2::bigint[]) as w (scope, revision) on w.scope = b.scope and w.revision = b.revision`,
    [wanted.map(({ scope }) => scope), wanted.map(({ revision }) => revision)],
  )
  return new Map(found.map(({ scope, revision, author, comment, createdAt }) => [`${scope} ${revision}`, { by: author ?? { kind: 'system', id: '', name: '' }, at: createdAt, comment }]))
}
