/** The name of a resource inside its ARN, as CloudWatch's dimensions write it; a text that is no ARN stays. Null for null. */
export function awsResourceName(arn: string | null): string | null {
  if (arn === null) return null
  const parts = arn.slice(0, 2_048).split(':')
  // Security Hub names a whole account `AWS::::Account:123456789012`.
  if (parts[0] === 'AWS' && parts.at(-2) === 'Account') return parts.at(-1) || arn
  if (parts[0] !== 'arn' || parts.length < 6) return arn
  const service = parts[2]
  const rest = parts.slice(5)
  if (service === 'elasticloadbalancing') return after(rest.join(':'), '/') || arn
  if (service === 's3') return rest.join(':').split('/', 1)[0] || arn
  // `db:orders`, `function:name:alias` and `log-group:/aws/x:*` have the name second; `instance/i-1` and `user/path/name` have it last.
  const named = rest.length > 1 ? (rest[1] ?? '') : (rest[0] ?? '')
  if (rest[0] === 'log-group' || rest[0] === 'alarm') return named || arn
  return named.split('/').filter((step) => step !== '').at(-1) ?? arn
}

function after(text: string, mark: string): string {
  const index = text.indexOf(mark)
  return index < 0 ? text : text.slice(index + 1)
}
