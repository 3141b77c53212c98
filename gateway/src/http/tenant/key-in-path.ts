/** The documented place of a service's key: `/sendMsg/APIKEY`. */
export interface KeyInPath {
  Params: { apiKey: string };
}
