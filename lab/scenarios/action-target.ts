import type { LabAction } from './scenario.ts';

/** The part or edge that an action touches. */
export function targetOf(action: LabAction): string {
  switch (action.kind) {
    case 'release':
    case 'rollback':
    case 'control-plane-fault':
      return 'control-plane';
    case 'dns-fault':
      return 'dns';
    case 'relay-fault':
      return 'relay';
    case 'clear-faults':
      return action.part;
    case 'signal':
    case 'start':
      return action.process;
    case 'hard-limit':
      return action.instances.join(', ');
    case 'move':
      return action.instance;
    case 'route':
      return `${action.caller} → ${action.callee}`;
    case 'route-login':
      return 'gateway → login';
    case 'service-fault':
      return action.service;
    case 'load':
    case 'herd':
      return 'load';
  }
}
