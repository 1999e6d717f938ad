import type { Component } from 'vue'
import { AlarmClock, Box, Briefcase, Checked, CircleClose, Collection, Cpu, DataLine, Document, DocumentChecked, Files, Finished, House, List, Lock, Memo, Message, Notebook, OfficeBuilding, Plus, Promotion, Share, Stamp, Switch, Tickets, Timer, User, Warning } from '@element-plus/icons-vue'

export interface NavItem {
  key: string
  to: string
  icon: Component
  permission?: string | readonly string[]
}

export interface NavGroup {
  key: string
  items: NavItem[]
}

/** Who may be told of alarms: those who handle or see them all, and the keepers of smart seals. */
export const SEES_ALARMS = ['alarms.handle', 'alarms.read', 'devices.read'] as const

/** Navigation by work. What a person may not use is not shown; the platform refuses it in any case. */
export const NAVIGATION: NavGroup[] = [
  { key: '', items: [{ key: 'workbench', to: '/', icon: House }] },
  {
    key: 'use',
    items: [
      { key: 'newRequest', to: '/requests/new', icon: Plus, permission: 'requests.apply' },
      { key: 'myRequests', to: '/requests', icon: Document, permission: 'requests.apply' },
      { key: 'toSeal', to: '/requests/to-seal', icon: Stamp, permission: 'sealing.execute' },
      { key: 'todo', to: '/approvals', icon: Tickets, permission: 'approvals.decide' },
      { key: 'done', to: '/approvals/done', icon: List, permission: 'approvals.decide' },
      { key: 'issueForms', to: '/approvals/issue-forms', icon: DocumentChecked, permission: 'approvals.check_issue_forms' },
      { key: 'copies', to: '/approvals/copies', icon: Message },
      { key: 'duties', to: '/requests/duties', icon: Finished },
      { key: 'allRequests', to: '/requests/all', icon: Files, permission: 'requests.read_all' },
    ],
  },
  {
    key: 'sealGroup',
    items: [
      { key: 'seals', to: '/seals', icon: Stamp, permission: 'seals.read' },
      { key: 'filings', to: '/seals/filings', icon: Promotion, permission: 'seals.manage' },
      { key: 'statements', to: '/statements', icon: DataLine, permission: 'requests.read_all' },
      { key: 'freeze', to: '/seals/freeze', icon: CircleClose, permission: 'seals.freeze' },
    ],
  },
  {
    key: 'custodyGroup',
    items: [
      { key: 'console', to: '/custody', icon: Lock, permission: ['custody.open', 'custody.review'] },
      { key: 'loans', to: '/custody/loans', icon: Promotion },
      { key: 'originals', to: '/custody/originals', icon: Collection, permission: 'seals.read' },
      { key: 'handovers', to: '/custody/handovers', icon: Switch },
      { key: 'stocktakes', to: '/custody/stocktakes', icon: Finished },
      { key: 'paperPermits', to: '/custody/paper-permits', icon: Memo, permission: ['custody.open', 'custody.review', 'custody.read', 'seals.manage'] },
      { key: 'register', to: '/custody/register', icon: Notebook, permission: 'custody.read' },
      { key: 'safes', to: '/custody/safes', icon: Box, permission: ['seals.manage', 'custody.open'] },
    ],
  },
  {
    key: 'deviceGroup',
    items: [
      { key: 'devices', to: '/devices', icon: Cpu, permission: 'devices.read' },
      { key: 'alarms', to: '/alarms', icon: AlarmClock, permission: SEES_ALARMS },
    ],
  },
  {
    key: 'rules',
    items: [
      { key: 'scenarios', to: '/scenarios', icon: Notebook, permission: 'scenarios.read' },
      { key: 'routeDefinitions', to: '/approvals/definitions', icon: Share, permission: 'approvals.manage' },
      { key: 'grants', to: '/grants', icon: Briefcase, permission: 'authority.read' },
    ],
  },
  {
    key: 'evidenceGroup',
    items: [
      { key: 'evidence', to: '/evidence', icon: Files, permission: 'evidence.read_all' },
      { key: 'logState', to: '/evidence/state', icon: DataLine, permission: 'evidence.watch' },
    ],
  },
  {
    key: 'auditGroup',
    items: [{ key: 'audits', to: '/audits', icon: Checked, permission: 'audit.read' }],
  },
  {
    key: 'people',
    items: [
      { key: 'persons', to: '/admin/persons', icon: User, permission: 'people.manage' },
      { key: 'organization', to: '/admin/organization', icon: OfficeBuilding, permission: 'organization.manage' },
      { key: 'changes', to: '/admin/changes', icon: Switch, permission: ['people.manage', 'seals.manage'] },
      { key: 'privacy', to: '/admin/privacy', icon: Lock, permission: 'people.manage' },
    ],
  },
  {
    key: 'system',
    items: [
      { key: 'stuck', to: '/approvals/stuck', icon: Warning, permission: 'approvals.manage' },
      { key: 'jobs', to: '/admin/jobs', icon: Timer, permission: 'jobs.manage' },
    ],
  },
]
