import type { SourceGuide } from '../source.ts'

/** How Wazuh is pointed at us. */
export const guide: SourceGuide = {
  name: 'Wazuh',
  family: 'security',
  setup: [
    'On the Wazuh manager write /var/ossec/integrations/custom-alert-whisperer with these three lines: #!/bin/sh, then ALERT="$1" KEY="$2" URL="$3", then curl -fsS -m 20 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" --data-binary @"$ALERT" "$URL".',
    'chmod 750 /var/ossec/integrations/custom-alert-whisperer; chown root:wazuh /var/ossec/integrations/custom-alert-whisperer',
    'In /var/ossec/etc/ossec.conf add <integration><name>custom-alert-whisperer</name><hook_url>{url}</hook_url><api_key>{key}</api_key><level>7</level><alert_format>json</alert_format></integration>.',
    'To hear of agents that vanish and return add a second block with <rule_id>501,503,504,506</rule_id> and without <level>.',
    'systemctl restart wazuh-manager. Errors stand in /var/ossec/logs/integrations.log.',
  ],
  authentication: 'The Integrator hands api_key to the script, which sends it in the header Authorization. Wazuh signs nothing.',
  proof: 'none',
  template: null,
  references: [
    'https://documentation.wazuh.com/current/user-manual/manager/integration-with-external-apis.html',
    'https://documentation.wazuh.com/current/user-manual/reference/ossec-conf/integration.html',
    'https://documentation.wazuh.com/current/user-manual/ruleset/rules/rules-classification.html',
  ],
}
