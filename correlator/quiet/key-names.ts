/** Names of the keys of quiet-index.ts. */

/** An asset that cannot be reached. */
export const unreachableKey = (asset: string): string => `u:${asset}`
/** Problems of an asset that hangs on others. */
export const ofAssetKey = (asset: string): string => `a:${asset}`
/** Problems that name an asset as their parent. */
export const ofParentKey = (asset: string): string => `p:${asset}`
/** An inhibition rule and the values that must agree. */
export const ofRuleKey = (ruleId: string, values: readonly string[]): string => `i:${ruleId}:${values.join('\n')}`
/** True for a key that says where a problem hangs. */
export const isPlace = (key: string): boolean => key.startsWith('a:') || key.startsWith('p:')
