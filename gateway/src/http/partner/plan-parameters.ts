import type { Catalogue, PricedPlan } from '../../domain/catalogue.ts';
import { cycleOf, planOf } from '../../domain/plans.ts';
import { required, type Parameters } from '../parameters/parameters.ts';

/** @throws Problem `missing_parameter` or `invalid_parameter` */
export function readPlan({ plans }: Catalogue, parameters: Parameters): PricedPlan {
  return planOf(plans, Number(required(parameters, 'planId')));
}

/** Months. @throws Problem `missing_parameter` or `invalid_parameter` */
export function readCycle(parameters: Parameters): number {
  return cycleOf(Number(required(parameters, 'cycle')));
}
