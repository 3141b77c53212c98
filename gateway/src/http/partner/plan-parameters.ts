import { cycleOf, planOf, type Plan } from '../../domain/plans.ts';
import { required, type Parameters } from '../parameters/parameters.ts';

/** @throws Problem `missing_parameter` or `invalid_parameter` */
export function readPlan(parameters: Parameters): Plan {
  return planOf(Number(required(parameters, 'planId')));
}

/** Months. @throws Problem `missing_parameter` or `invalid_parameter` */
export function readCycle(parameters: Parameters): number {
  return cycleOf(Number(required(parameters, 'cycle')));
}
