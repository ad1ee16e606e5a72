/** What a company does in its Google Cloud project, with the texts to copy. */
import { listOf, type Step } from './step.ts'

/** Rights of the custom role. */
export const GCP_PERMISSIONS = [
  'compute.instances.get', 'compute.instances.list', 'compute.zones.list', 'compute.projects.get',
  'osconfig.osPolicyAssignments.create', 'osconfig.osPolicyAssignments.get', 'osconfig.osPolicyAssignments.list', 'osconfig.osPolicyAssignments.delete',
  'osconfig.osPolicyAssignmentReports.get', 'osconfig.osPolicyAssignmentReports.list', 'osconfig.operations.get', 'osconfig.inventories.get',
] as const

/** The steps. */
export function gcpSteps(fields: Readonly<Record<string, string>>): readonly Step[] {
  const project = fields['projectId'] ?? '<project>'
  const account = `alert-whisperer@${project}.iam.gserviceaccount.com`
  const isAmbient = fields['identity'] === 'ambient'
  const takenOn = fields['serviceAccount'] ?? ''
  const zones = listOf(fields['zones'])
  return [
    { title: 'Switch the services on', code: `gcloud services enable compute.googleapis.com osconfig.googleapis.com --project ${project}`, text: 'Google Cloud has no call that runs a script and answers with its output. A run makes an OS policy assignment for one machine, waits for the report, and removes it.' },
    { title: 'Make the role', code: `gcloud iam roles create alertWhisperer --project ${project} --title "Alert Whisperer" --permissions ${GCP_PERMISSIONS.join(',')}`, text: 'It may make and remove OS policy assignments and look at machines; it cannot start, stop, delete or log in to them.' },
    {
      title: 'Make the service account and give it the role', text: isAmbient ? 'The program’s own identity is given the role; put its address in the place of <…>. It reaches every project in which it has the role, so only an MSP Admin makes such accounts.' : 'Store the whole file key.json as this account’s secret, then delete it.',
      code: isAmbient
        ? takenOn === ''
          ? `gcloud projects add-iam-policy-binding ${project} --member serviceAccount:<service account this program runs as> --role projects/${project}/roles/alertWhisperer`
          : `gcloud projects add-iam-policy-binding ${project} --member serviceAccount:${takenOn} --role projects/${project}/roles/alertWhisperer\ngcloud iam service-accounts add-iam-policy-binding ${takenOn} --member serviceAccount:<service account this program runs as> --role roles/iam.serviceAccountTokenCreator`
        : `gcloud iam service-accounts create alert-whisperer --project ${project} --display-name "Alert Whisperer"\ngcloud projects add-iam-policy-binding ${project} --member serviceAccount:${account} --role projects/${project}/roles/alertWhisperer\ngcloud iam service-accounts keys create key.json --iam-account ${account}`,
    },
    { title: 'Switch the OS Config agent on', code: `gcloud compute project-info add-metadata --project ${project} --metadata enable-osconfig=TRUE,enable-guest-attributes=TRUE${zones.length === 0 ? '' : `\n# or for single machines:\ngcloud compute instances add-metadata <machine> --zone ${zones[0] ?? ''} --project ${project} --metadata enable-osconfig=TRUE`}`, text: 'Machines need a service account of their own (any) and a way to osconfig.googleapis.com.' },
    { title: 'Install the agent on Linux', code: 'sudo apt-get update && sudo apt-get install -y google-osconfig-agent   # Debian, Ubuntu\nsudo dnf install -y google-osconfig-agent                             # Red Hat, Rocky, Alma\nsudo zypper install -y google-osconfig-agent                          # SUSE\nsudo systemctl enable --now google-osconfig-agent', text: 'Images of Google’s own have it already.' },
    { title: 'Install the agent on Windows', code: 'googet -noconfirm install google-osconfig-agent\nRestart-Service google_osconfig_agent', text: 'Images of Google’s own have it already. In a PowerShell with administrator rights:' },
    {
      title: 'Label the machines', text: 'An assignment picks machines by label, so each machine that may be repaired carries its own number once. A machine asks who it is before it runs anything, so a label copied with an image does no harm.',
      code: `machine=<machine> zone=${zones[0] ?? '<zone>'}\nnumber=$(gcloud compute instances describe "$machine" --zone "$zone" --project ${project} --format 'value(id)')\ngcloud compute instances add-labels "$machine" --zone "$zone" --project ${project} --labels "alert-whisperer-instance=$number"`,
    },
    { title: 'Check', code: null, text: 'Run the check with a machine’s name and zone: it asks for a token, lists machines and has a policy print a line, which takes minutes. Switch the account on when it has passed.' },
  ]
}
