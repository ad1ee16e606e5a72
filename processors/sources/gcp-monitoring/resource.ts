import { at, firstText, textEntries } from '../json.ts'

/** Labels of monitored resources that name the resource, the narrowest first ("Monitored resource types"). */
const NAMING_LABELS = [
  'pod_name', 'container_name', 'instance_name', 'node_name', 'vm_name', 'database_id', 'function_name', 'service_name', 'revision_name', 'job_name', 'job_id', 'bucket_name', 'subscription_id', 'topic_id', 'queue_id', 'dataset_id', 'table_id',
  'forwarding_rule_name', 'url_map_name', 'backend_service_name', 'backend_target_name', 'load_balancer_name', 'router_id', 'tunnel_name', 'gateway_name', 'interconnect', 'disk_name', 'device_id', 'instance_id', 'node_id', 'module_id', 'cluster_name', 'namespace_name', 'network_name', 'subnetwork_name', 'key_ring_id', 'service', 'host',
]

/** Labels that say where a resource is and never which one. */
const PLACES = new Set(['project_id', 'project', 'location', 'region', 'zone', 'resource_container'])

/** The resource an incident is about: an uptime check's host, the displayed name, else the label that names it; null where a condition spans many. */
export function resourceOf(incident: unknown): string | null {
  const labels = textEntries(at(incident, 'resource', 'labels'))
  const type = firstText(incident, ['resource', 'type'])
  const host = labels.find(([name]) => name === 'host')?.[1]
  if (type === 'uptime_url' && host !== undefined) return host
  const displayed = named(incident, firstText(incident, 'resource_display_name')) ?? named(incident, firstText(incident, 'resource_name'))
  if (displayed !== null) return displayed
  const all = [...labels, ...textEntries(at(incident, 'metric', 'labels')), ...textEntries(at(incident, 'metadata', 'system_labels'))]
  for (const wanted of NAMING_LABELS) {
    const found = all.find(([name]) => name === wanted)
    if (found !== undefined) return found[1]
  }
  return labels.find(([name]) => !PLACES.has(name))?.[1] ?? firstText(incident, 'resource_id')
}

/** `my-project web-1` is web-1; `my-project VM Instance` and `… labels {zone=a}` name no resource. */
function named(incident: unknown, text: string | null): string | null {
  if (text === null || text.slice(0, 4_096).includes(' labels {')) return null
  const rest = withoutProject(text, projectsOf(incident))
  return rest === '' || rest === firstText(incident, 'resource_type_display_name') || rest === 'VM Instance' ? null : rest
}

function withoutProject(text: string, projects: readonly string[]): string {
  for (const project of projects) if (text === project || text.startsWith(`${project} `)) return text.slice(project.length).trim()
  return text
}

/** The project that watches, the one of the resource, and in old versions the one in the link. */
export function projectsOf(incident: unknown): readonly string[] {
  const url = firstText(incident, 'url')
  const query = url === null ? -1 : url.indexOf('?')
  const linked = url === null || query < 0 ? null : new URLSearchParams(url.slice(query + 1, query + 1_024)).get('project')
  return [firstText(incident, 'scoping_project_id'), firstText(incident, ['resource', 'labels', 'project_id']), linked].filter((project) => project !== null)
}
