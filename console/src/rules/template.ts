/** What a new rule begins with: a whole one, to be changed. */
export const NEW_RULE = () => `title: Shell started by a web server
id: ${crypto.randomUUID?.() ?? "00000000-0000-4000-8000-000000000000"}
status: experimental
description: A web server rarely starts a shell by itself.
logsource:
  product: linux
  category: process_creation
detection:
  parent:
    ParentImage|endswith: [/nginx, /apache2, /httpd]
  shell:
    Image|endswith: [/sh, /bash, /dash]
  condition: parent and shell
level: high
tags: [attack.t1505.003]
`;

export const NEW_CASES = `- name: a web server starts a shell
  events:
    - fields: {process.parent.executable: /usr/sbin/nginx, process.executable: /bin/sh}
  expect: {/bin/sh: 1}
`;
