import { watch } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import { i18n, translate } from '@/locales'
import { SEES_ALARMS } from '@/layout/navigation'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's name in the catalogue, for the browser's title. */
    title?: string
    /** Open to whoever is not signed in. */
    public?: boolean
    /** Pages with the same key go over into each other without starting anew. */
    key?: string
    /** Without navigation: one step a screen. */
    bare?: boolean
    /** Any one of these permissions is enough. */
    permission?: string | readonly string[]
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', component: () => import('@/views/sign-in/SignInPage.vue'), meta: { public: true, title: 'auth.title' } },
  { path: '/sign-in/back', component: () => import('@/views/sign-in/SignInPage.vue'), props: { back: true }, meta: { public: true, title: 'auth.title' } },
  { path: '/', component: () => import('@/views/home/WorkbenchPage.vue'), meta: { title: 'nav.workbench' } },
  {
    path: '/requests',
    component: () => import('@/views/requests/RequestListPage.vue'),
    props: { scope: 'mine' },
    meta: { title: 'nav.myRequests', permission: 'requests.apply' },
  },
  {
    path: '/requests/all',
    component: () => import('@/views/requests/RequestListPage.vue'),
    props: { scope: 'all' },
    meta: { title: 'nav.allRequests', permission: 'requests.read_all' },
  },
  { path: '/requests/to-seal', component: () => import('@/views/requests/ToSealPage.vue'), meta: { title: 'nav.toSeal' } },
  {
    path: '/requests/new',
    component: () => import('@/views/wizard/WizardPage.vue'),
    meta: { title: 'nav.newRequest', key: 'wizard', permission: 'requests.apply' },
  },
  { path: '/requests/duties', component: () => import('@/views/requests/DutyListPage.vue'), meta: { title: 'nav.duties' } },
  {
    path: '/requests/:id/edit',
    component: () => import('@/views/wizard/WizardPage.vue'),
    props: true,
    meta: { title: 'nav.newRequest', key: 'wizard', permission: 'requests.apply' },
  },
  {
    path: '/requests/:id/survey',
    component: () => import('@/views/devices/SurveyPage.vue'),
    props: true,
    meta: { title: 'surveys.title' },
  },
  {
    path: '/requests/:id',
    component: () => import('@/views/requests/RequestPage.vue'),
    props: true,
    meta: { title: 'requests.detail' },
  },
  {
    path: '/approvals',
    component: () => import('@/views/approvals/ApprovalListPage.vue'),
    props: { state: 'todo' },
    meta: { title: 'nav.todo', permission: 'approvals.decide' },
  },
  {
    path: '/approvals/done',
    component: () => import('@/views/approvals/ApprovalListPage.vue'),
    props: { state: 'done' },
    meta: { title: 'nav.done', permission: 'approvals.decide' },
  },
  {
    path: '/approvals/copies',
    component: () => import('@/views/approvals/RouteListPage.vue'),
    props: { scope: 'copies' },
    meta: { title: 'nav.copies' },
  },
  {
    path: '/approvals/started',
    component: () => import('@/views/approvals/RouteListPage.vue'),
    props: { scope: 'started' },
    meta: { title: 'nav.startedRoutes' },
  },
  {
    path: '/approvals/consultations',
    component: () => import('@/views/approvals/ConsultationPage.vue'),
    meta: { title: 'nav.consulted' },
  },
  {
    path: '/approvals/stuck',
    component: () => import('@/views/approvals/StuckPage.vue'),
    meta: { title: 'nav.stuck', permission: 'approvals.manage' },
  },
  {
    path: '/approvals/issue-forms',
    component: () => import('@/views/approvals/IssueFormPage.vue'),
    meta: { title: 'nav.issueForms', permission: 'approvals.check_issue_forms' },
  },
  {
    path: '/approvals/definitions',
    component: () => import('@/views/approvals/DefinitionPage.vue'),
    meta: { title: 'nav.routeDefinitions', permission: 'approvals.manage' },
  },
  {
    path: '/seals',
    component: () => import('@/views/seals/SealListPage.vue'),
    meta: { title: 'nav.seals', permission: 'seals.read' },
  },
  {
    path: '/statements',
    component: () => import('@/views/home/StatementPage.vue'),
    meta: { title: 'nav.statements', permission: 'requests.read_all' },
  },
  { path: '/seals/freeze', component: () => import('@/views/seals/FreezePage.vue'), meta: { title: 'nav.freeze' } },
  {
    path: '/seals/filings',
    component: () => import('@/views/seals/FilingBoardPage.vue'),
    meta: { title: 'sealLife.board', permission: 'seals.manage' },
  },
  {
    path: '/seals/steps/:id',
    component: () => import('@/views/seals/SealStepPage.vue'),
    props: true,
    meta: { title: 'sealLife.step', permission: 'seals.read' },
  },
  {
    path: '/seals/:id',
    component: () => import('@/views/seals/SealPage.vue'),
    props: true,
    meta: { title: 'seals.detail', permission: 'seals.read' },
  },
  {
    path: '/custody',
    component: () => import('@/views/custody/ConsolePage.vue'),
    meta: { title: 'nav.console', permission: ['custody.open', 'custody.review'] },
  },
  {
    path: '/custody/openings/:id',
    component: () => import('@/views/custody/OpeningPage.vue'),
    props: true,
    meta: { title: 'nav.console', bare: true, permission: ['custody.open', 'custody.review', 'custody.read'] },
  },
  {
    path: '/custody/loans',
    component: () => import('@/views/custody/LoansPage.vue'),
    meta: { title: 'nav.loans' },
  },
  {
    path: '/custody/loans/:id',
    component: () => import('@/views/custody/LoanPage.vue'),
    props: true,
    meta: { title: 'nav.loans' },
  },
  {
    path: '/custody/originals',
    component: () => import('@/views/custody/OriginalsPage.vue'),
    meta: { title: 'nav.originals', permission: 'seals.read' },
  },
  {
    path: '/custody/original-loans/:id',
    component: () => import('@/views/custody/OriginalLoanPage.vue'),
    props: true,
    meta: { title: 'originals.loan' },
  },
  {
    path: '/custody/handovers',
    component: () => import('@/views/custody/HandoversPage.vue'),
    meta: { title: 'nav.handovers' },
  },
  {
    path: '/custody/handovers/:id',
    component: () => import('@/views/custody/HandoverPage.vue'),
    props: true,
    meta: { title: 'nav.handovers' },
  },
  {
    path: '/custody/stocktakes',
    component: () => import('@/views/custody/StocktakesPage.vue'),
    meta: { title: 'nav.stocktakes' },
  },
  {
    path: '/custody/stocktakes/:id',
    component: () => import('@/views/custody/StocktakePage.vue'),
    props: true,
    meta: { title: 'nav.stocktakes' },
  },
  {
    path: '/custody/paper-permits',
    component: () => import('@/views/custody/PaperPermitsPage.vue'),
    meta: { title: 'nav.paperPermits', permission: ['custody.open', 'custody.review', 'custody.read', 'seals.manage'] },
  },
  {
    path: '/custody/register',
    component: () => import('@/views/custody/RegisterPage.vue'),
    meta: { title: 'nav.register', permission: 'custody.read' },
  },
  {
    path: '/custody/safes',
    component: () => import('@/views/custody/SafePage.vue'),
    meta: { title: 'nav.safes', permission: ['seals.manage', 'custody.open'] },
  },
  {
    path: '/audits',
    component: () => import('@/views/audits/AuditListPage.vue'),
    meta: { title: 'nav.audits', permission: 'audit.read' },
  },
  {
    path: '/audits/:id',
    component: () => import('@/views/audits/AuditPage.vue'),
    props: true,
    meta: { title: 'nav.audits', permission: 'audit.read' },
  },
  {
    path: '/audit-findings/:id',
    component: () => import('@/views/audits/FindingPage.vue'),
    props: true,
    meta: { title: 'audits.finding', permission: 'audit.read' },
  },
  {
    path: '/alarms',
    component: () => import('@/views/devices/AlarmListPage.vue'),
    meta: { title: 'nav.alarms', permission: SEES_ALARMS },
  },
  {
    path: '/device-permits/:id',
    component: () => import('@/views/devices/PermitPage.vue'),
    props: true,
    meta: { title: 'permits.title' },
  },
  {
    path: '/devices',
    component: () => import('@/views/devices/DeviceListPage.vue'),
    meta: { title: 'nav.devices', permission: 'devices.read' },
  },
  {
    path: '/devices/:id',
    component: () => import('@/views/devices/DevicePage.vue'),
    props: true,
    meta: { title: 'devices.detail', permission: 'devices.read' },
  },
  {
    path: '/scenarios',
    component: () => import('@/views/scenarios/ScenarioPage.vue'),
    meta: { title: 'nav.scenarios', permission: 'scenarios.read' },
  },
  {
    path: '/scenarios/:id',
    component: () => import('@/views/scenarios/ListPage.vue'),
    props: true,
    meta: { title: 'nav.scenarios', permission: 'scenarios.read' },
  },
  {
    path: '/grants',
    component: () => import('@/views/authority/AuthorityPage.vue'),
    meta: { title: 'nav.grants', permission: 'authority.read' },
  },
  {
    path: '/evidence',
    component: () => import('@/views/evidence/EvidenceListPage.vue'),
    meta: { title: 'nav.evidence', permission: 'evidence.read_all' },
  },
  {
    path: '/evidence/state',
    component: () => import('@/views/evidence/LogStatePage.vue'),
    meta: { title: 'nav.logState', permission: 'evidence.watch' },
  },
  {
    path: '/evidence/entries/:id',
    component: () => import('@/views/evidence/EntryPage.vue'),
    props: true,
    meta: { title: 'evidence.entry' },
  },
  {
    path: '/admin/persons',
    component: () => import('@/views/admin/PersonListPage.vue'),
    meta: { title: 'nav.persons', permission: 'people.manage' },
  },
  {
    path: '/admin/organization',
    component: () => import('@/views/admin/OrganizationPage.vue'),
    meta: { title: 'nav.organization', permission: 'organization.manage' },
  },
  {
    path: '/admin/changes',
    component: () => import('@/views/changes/ChangesPage.vue'),
    meta: { title: 'nav.changes', permission: ['people.manage', 'seals.manage'] },
  },
  {
    path: '/admin/privacy',
    component: () => import('@/views/admin/PrivacyPage.vue'),
    meta: { title: 'nav.privacy', permission: 'people.manage' },
  },
  {
    path: '/admin/jobs',
    component: () => import('@/views/admin/JobListPage.vue'),
    meta: { title: 'nav.jobs', permission: 'jobs.manage' },
  },
  { path: '/settings', component: () => import('@/views/settings/SettingsPage.vue'), meta: { title: 'app.settings' } },
  { path: '/:rest(.*)*', component: () => import('@/views/NotFoundPage.vue'), meta: { title: 'app.notFound' } },
  // Reached by its name only, so that the address stays what was asked for.
  { path: '/:rest(.*)*', name: 'forbidden', component: () => import('@/views/NotFoundPage.vue'), props: { forbidden: true }, meta: { title: 'app.forbidden' } },
]

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach((to) => {
  const session = useSession()
  if (to.meta.public) return true
  if (!session.me) return { path: '/sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  if (session.mustChangePassword) return { path: '/sign-in', query: { next: to.fullPath } }
  if (!session.may(to.meta.permission)) {
    return { name: 'forbidden', params: { rest: to.path.slice(1).split('/') }, query: to.query, hash: to.hash, replace: true }
  }
  return true
})

/** The browser's title, in the language of the page. */
function showTitle(to: RouteLocationNormalized): void {
  const name = to.meta.title ? translate(to.meta.title) : ''
  document.title = name ? `${name} · ${translate('app.name')}` : translate('app.name')
}

router.afterEach(showTitle)
watch(i18n.global.locale, () => showTitle(router.currentRoute.value))
