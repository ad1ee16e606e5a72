/** The last name of a resource id, `…/virtualMachines/web01` is `web01`; a text that is no id stays. Null for null and for a bare subscription. */
export function resourceName(id: string | null): string | null {
  if (id === null) return null
  if (!id.startsWith('/')) return id
  const steps = id.slice(0, 2_048).split('/').filter((step) => step !== '')
  return steps.length <= 2 && steps[0]?.toLowerCase() === 'subscriptions' ? null : (steps.at(-1) ?? null)
}

/** The resource group inside a resource id; null without one. */
export function resourceGroup(id: string | null): string | null {
  const steps = (id ?? '').slice(0, 2_048).split('/')
  const index = steps.findIndex((step) => step.toLowerCase() === 'resourcegroups')
  return index < 0 ? null : steps[index + 1] || null
}
