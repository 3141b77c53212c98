import { Problem } from '../../domain/errors.ts';
import { findOverview, type ServiceOverview } from '../../storage/services/list-services.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';

/** The service's key stands in the path. */
export interface NamedByKey {
  Params: { apiKey: string };
}

/** @throws Problem `service_not_found` */
export async function serviceOf(edge: Edge, apiKey: string): Promise<Service> {
  const service = await edge.services.lookUp(apiKey);
  if (service === null) throw new Problem('service_not_found');
  return service;
}

/** The service as it stands in the database now. @throws Problem `service_not_found` */
export async function overviewOf(edge: Edge, apiKey: string): Promise<ServiceOverview> {
  const { id } = await serviceOf(edge, apiKey);
  const overview = await findOverview(edge.database, id);
  if (overview === null) throw new Problem('service_not_found');
  return overview;
}
