import { search } from '@jmespath-community/jmespath'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Budget, EvaluationError } from './budget.ts'
import { evaluate } from './evaluate.ts'
import { isFault, parseExpression } from './expression.ts'

function run(text: string, data: unknown, steps = 100_000): unknown {
  const node = parseExpression(text)
  if (isFault(node)) throw new Error(`${text}: ${node.message}`)
  return evaluate(node, data, { root: data, budget: new Budget(steps) })
}

const failure = (text: string, data: unknown, steps?: number): string => {
  try {
    return `gave ${JSON.stringify(run(text, data, steps))}`
  } catch (thrown) {
    if (!(thrown instanceof EvaluationError)) throw thrown
    return thrown.message
  }
}

const DATA = {
  host: 'web-1', n: 3, zero: 0, no: null, yes: true, empty: [], none: {}, text: '  Disk Full  ', list: [3, 1, 2], words: ['b', 'a', 'ä'],
  alerts: [{ id: 1, state: 'down', tags: [{ key: 'host', value: 'a' }, { key: 'site', value: 'x' }] }, { id: 2, state: 'up', tags: [] }, { id: 3, state: 'down' }],
  nested: [[1, 2], [3, [4]], 5], 'with space': 1, map: { b: 2, a: 1 },
}

describe('expressions', () => {
  it.each([
    ['host', 'web-1'], ['alerts[0].id', 1], ['alerts[-1].id', 3], ['alerts[9]', null], ['"with space"', 1], ['$.host', 'web-1'], ['@.n', 3],
    ['alerts[*].state', ['down', 'up', 'down']], ['alerts[?state==\'down\'].id', [1, 3]], ['alerts[?state==\'down\'] | [0].id', 1], ['alerts[].tags[].value', ['a', 'x']],
    ['alerts[0].tags[?key==\'host\'].value | [0]', 'a'], ['nested[]', [1, 2, 3, [4], 5]], ['list[::-1]', [2, 1, 3]], ['list[1:]', [1, 2]], ['host[0:3]', 'web'],
    ['map.*', [2, 1]], ['{a: host, b: n}', { a: 'web-1', b: 3 }], ['[host, n]', ['web-1', 3]], ['missing.deeper[0].x', null], ['missing || host', 'web-1'], ['empty || `0`', 0],
    ['zero && host', 'web-1'], ['!none', true], ['n > `2`', true], ['host > `2`', null], ['n == `3`', true], ['map == `{"a":1,"b":2}`', true], ['n * `1000` + `1`', 3_001], ['-n', -3],
    ['n / zero', null], ['missing + n', null], ['state == \'down\' ? \'firing\' : \'resolved\'', 'resolved'], ['yes ? host : n', 'web-1'], ['\'it\\\'s\'', 'it\'s'],
    ['lower(trim(text))', 'disk full'], ['join(\', \', words)', 'b, a, ä'], ['join(\'/\', [host, n, missing])', 'web-1/3'], ['split(host, \'-\')', ['web', '1']], ['replace(host, \'-\', \'/\')', 'web/1'], ['length(words)', 3], ['length(\'a😀\')', 2],
    ['sort(list)', [1, 2, 3]], ['sort(words)', ['a', 'b', 'ä']], ['sort_by(alerts, &state)[-1].id', 2], ['max_by(alerts, &id).id', 3], ['min(list)', 1], ['sum(list)', 6], ['avg(empty)', null],
    ['map(&id, alerts)', [1, 2, 3]], ['keys(map)', ['b', 'a']], ['items(map)', [['b', 2], ['a', 1]]], ['from_items(items(map))', { b: 2, a: 1 }], ['merge(map, `{"c":3}`)', { b: 2, a: 1, c: 3 }],
    ['contains(host, \'web\')', true], ['contains(list, n)', true], ['starts_with(host, \'web\')', true], ['ends_with(host, \'1\')', true], ['not_null(missing, host)', 'web-1'],
    ['to_string(list)', '[3,1,2]'], ['to_number(\'12.5\')', 12.5], ['to_number(host)', null], ['to_array(host)', ['web-1']], ['type(missing)', 'null'], ['reverse(host)', '1-bew'], ['abs(-n)', 3], ['ceil(`1.2`)', 2],
  ])('%s', (text, value) => {
    expect(run(text, DATA)).toEqual(value)
  })

  it('take a missing argument for a missing value, whatever the function', () => {
    for (const text of ['lower(missing)', 'join(\',\', missing)', 'length(missing)', 'sort_by(missing, &id)', 'to_string(missing)', 'contains(missing, host)', 'split(host, missing)', 'map(&id, missing)']) expect([text, run(text, DATA)]).toEqual([text, null])
  })

  it('fail with what is wrong where a value is of the wrong kind', () => {
    expect(failure('lower(n)', DATA)).toBe('argument 1 of lower() must be string, and is number')
    expect(failure('sum(words)', DATA)).toBe('a list of numbers is needed, and one element is string')
    expect(failure('sort(`[1,"a"]`)', DATA)).toBe('numbers and texts cannot be put in one order')
    expect(failure('host * n', DATA)).toBe('only numbers can be calculated with, not string; to_number() reads one from a text')
  })

  it('never find what is inherited, and take nothing in a payload for an expression', () => {
    for (const text of ['constructor', 'toString', '__proto__', 'host.length', 'list.length', 'alerts[0].hasOwnProperty']) expect([text, run(text, DATA)]).toEqual([text, null])
    expect(run('map(&id, to_array(@))', { expref: true, type: 'Field', name: 'secret', id: 7 })).toEqual([7])
    const made = run('{__proto__: host}', DATA) as object
    expect([Object.getPrototypeOf(made) === Object.prototype, Object.hasOwn(made, '__proto__')]).toEqual([true, true])
  })
})

describe('the budget', () => {
  const great = () => ({ a: Array.from({ length: 500 }, () => ({ b: [1, 2, 3] })) })
  const long = { text: 'x'.repeat(100_000), list: Array.from({ length: 1_000 }, (_, n) => n), deep: great(), twin: great(), wide: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n])) }

  it.each([
    ['lists that double', `[@,@]${' | [@,@][]'.repeat(40)}`],
    ['lists in lists written out', `to_string([@,@]${' | [@,@]'.repeat(40)})`],
    ['texts that double', `text | [@,@]${' | [join(\'\', @), join(\'\', @)]'.repeat(40)}`],
    ['a text blown up by its replacement', 'replace(text, \'x\', text)'],
    ['a text split into its characters', 'split(text, \'\')[].split(text, @)'],
    ['everything compared with everything', 'list[?contains($.list, @)].[$.list[?contains($.list, @)]]'],
    ['a great value compared again and again', 'list[?$.deep == $.twin]'],
    ['a list sorted for each of its elements', 'list[].[sort($.list)]'],
    ['nested maps', 'map(&map(&map(&@, $.list), $.list), list)'],
    ['a search in a long text for each element', 'list[?contains($.text, \'y\')]'],
    ['a wide object asked again and again whether it is empty', 'list[].[$.list[].[!$.wide, length($.wide), $.wide == `{"a":1}`]]'],
  ])('ends %s', (_what, text) => {
    expect(failure(text, long)).toContain('takes more than 100000 steps')
  })

  it('ends at the same step every time', () => {
    const spent = [1, 2].map(() => {
      const budget = new Budget(5_000)
      const node = parseExpression('list[].[sort($.list)]')
      if (isFault(node)) throw new Error(node.message)
      expect(() => evaluate(node, long, { root: long, budget })).toThrow(EvaluationError)
      return budget.spent
    })
    expect(spent).toEqual([5_000, 5_000])
  })

  it('leaves ordinary expressions plenty', () => {
    const budget = new Budget(100_000)
    const node = parseExpression('alerts[?state==\'down\'].tags[?key==\'host\'].value | [0]')
    if (isFault(node)) throw new Error(node.message)
    evaluate(node, DATA, { root: DATA, budget })
    expect(budget.spent).toBeLessThan(100)
  })
})

describe('texts that are no expression', () => {
  it.each([
    ['a..b', 2], ['a b', 2], ['a.b[', 4], ['foo#bar', 3], ['host == "x', 8], ['alerts[?state==].id', 15], ['', 0], ['é', 0], ['lower(host', 10],
  ])('%s fails at %i', (text, position) => {
    expect(parseExpression(text)).toMatchObject({ message: expect.any(String), position })
  })

  it('say which functions there are, how many arguments they take, and what is not read here', () => {
    expect(parseExpression('a.lowercase(b)')).toMatchObject({ message: expect.stringContaining('there is no function lowercase(); there are abs, avg,'), position: 2 })
    expect(parseExpression('constructor(a)')).toMatchObject({ message: expect.stringContaining('there is no function constructor()') })
    expect(parseExpression('lower(a, b)')).toMatchObject({ message: 'lower() takes 1 arguments, not 2', position: 0 })
    expect(parseExpression('map(a, b)')).toMatchObject({ message: 'argument 1 of map() must be an expression, written with & before it' })
    expect(parseExpression('lower(&a)')).toMatchObject({ message: '& stands only before an argument that a function evaluates itself' })
    expect(parseExpression('let $a = b in $a')).toMatchObject({ message: 'let and its variables are not read here; write the expression out' })
    expect(parseExpression('a[::0]')).toMatchObject({ message: 'the step of a slice must not be 0' })
  })

  it('are told as a fault, never thrown, and quickly, whatever they are', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: fc.constantFrom(...Array.from('ab.[]()*&|?:{},\'"`!=<>$@-0 ')), maxLength: 200 })), (text) => {
      const parsed = parseExpression(text)
      if (isFault(parsed)) expect(parsed.position ?? 0).toBeLessThanOrEqual(text.length)
    }), { numRuns: 500 })
    for (const piece of ['(', '!', '[', '{a:', 'a[?', 'a|', '-']) expect(isFault(parseExpression(piece.repeat(1_024 / piece.length)))).toBe(true)
    expect(isFault(parseExpression(`${'('.repeat(500)}a${')'.repeat(500)}`))).toBe(false)
  })
})

describe('the library\'s own interpreter', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 },
      name, fc.constantFrom('@', '$', '`1`', '`"x"`', '`[1,2]`', '\'t\'', '`null`', '`true`'),
      fc.tuple(tie('tree'), name).map(([left, right]) => `${left}.${right}`),
      fc.tuple(tie('tree'), fc.integer({ min: -2, max: 2 })).map(([left, index]) => `(${left})[${index}]`),
      tie('tree').map((left) => `(${left})[*].a`), tie('tree').map((left) => `(${left})[]`), tie('tree').map((left) => `(${left}).*`),
      fc.tuple(tie('tree'), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), fc.constantFrom('', ':1', ':-1', ':2')).map(([left, from, to, step]) => `(${left})[${from}:${to}${step}]`),
      fc.tuple(tie('tree'), tie('tree')).map(([left, condition]) => `(${left})[?${condition}]`),
      fc.tuple(tie('tree'), fc.constantFrom('||', '&&', '|', '==', '!=', '<', '>='), tie('tree')).map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      tie('tree').map((inner) => `!(${inner})`), fc.tuple(tie('tree'), tie('tree')).map(([one, two]) => `[${one}, ${two}]`), fc.tuple(tie('tree'), tie('tree')).map(([one, two]) => `{x: ${one}, a: ${two}}`),
      fc.tuple(tie('tree'), tie('tree'), tie('tree')).map((parts) => `(${parts.join(' ? ').replace(/ \? (?!.* \? )/, ' : ')})`),
      fc.tuple(fc.constantFrom('length', 'keys', 'values', 'reverse', 'to_array', 'type', 'items', 'abs', 'sum', 'not_null', 'upper'), tie('tree')).map(([call, inner]) => `${call}(${inner})`),
      tie('tree').map((inner) => `map(&a, ${inner})`),
    ),
  }))
  const data = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, true, false, 0, 1, -2, '', 'x', 'text'), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true })),
  })).value

  it('answers the same wherever both answer', () => {
    let compared = 0
    fc.assert(fc.property(tree, data, (text, value) => {
      let theirs: unknown
      try {
        theirs = search(value as Parameters<typeof search>[0], text)
      } catch {
        return
      }
      const node = parseExpression(text)
      if (isFault(node)) return
      let ours: unknown
      try {
        ours = evaluate(node, value, { root: value, budget: new Budget(1_000_000) })
      } catch (thrown) {
        if (thrown instanceof EvaluationError) return
        throw thrown
      }
      compared++
      expect(ours).toEqual(theirs)
    }), { numRuns: 3_000 })
    expect(compared).toBeGreaterThan(1_000)
  })
})
