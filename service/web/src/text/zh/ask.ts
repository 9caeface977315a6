/** Panel: ask the map. */
export const ask = {
  ask: {
    title: '问地图',
    how: '在地图上点一处，或拖动图钉：最近的设施和 5、10、15 分钟步行范围随即更新。',
    profile: '步行方式',
    nearest: '最近的设施',
    service: '服务',
    none: '5,000 米内没有计入的设施。',
    reach: '步行范围',
    offNetwork: '此处离路网太远，无法判定步行范围。',
    straightM: '直线 {metres} 米',
    walkM: '步行 {metres} 米，{minutes} 分钟',
    rules: '按条文',
    place: '位置',
    centre: '以地图中心为准',
    reachLabel: '{minutes} 分钟',
  },
};
