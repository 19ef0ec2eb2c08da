"""What the history resources can be asked for."""

from webapps.rest.conditions import conditions
from webapps.rest.queries import Query
from webapps.rest.values import TrueMeans, date, integer, not_true, only_true, text, texts

INSTANCES = Query(
    criteria={
        "processInstanceId": ("instance_id", text),
        "processInstanceIds": ("instance_ids", texts),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionKeyIn": ("definition_keys", texts),
        "processDefinitionKeyNotIn": ("definition_keys_not", texts),
        "processDefinitionName": ("definition_name", text),
        "processDefinitionNameLike": ("definition_name_like", text),
        "processInstanceBusinessKey": ("business_key", text),
        "processInstanceBusinessKeyIn": ("business_keys", texts),
        "processInstanceBusinessKeyLike": ("business_key_like", text),
        "rootProcessInstances": ("root_only", only_true),
        "finished": ("finished", only_true),
        "unfinished": ("finished", not_true),
        "active": ("states", TrueMeans(("ACTIVE",))),
        "suspended": ("states", TrueMeans(("SUSPENDED",))),
        "completed": ("states", TrueMeans(("COMPLETED",))),
        "externallyTerminated": ("states", TrueMeans(("EXTERNALLY_TERMINATED",))),
        "internallyTerminated": ("states", TrueMeans(("INTERNALLY_TERMINATED",))),
        "withIncidents": ("with_incidents", only_true),
        "incidentType": ("incident_kind", text),
        "incidentStatus": ("incident_state", text),
        "incidentMessage": ("incident_message", text),
        "incidentMessageLike": ("incident_message_like", text),
        "startedBefore": ("started_before", date),
        "startedAfter": ("started_after", date),
        "finishedBefore": ("finished_before", date),
        "finishedAfter": ("finished_after", date),
        "startedBy": ("started_by", text),
        "superProcessInstanceId": ("super_instance_id", text),
        "subProcessInstanceId": ("sub_instance_id", text),
        "executedActivityIdIn": ("executed_activity_ids", texts),
        "activeActivityIdIn": ("active_activity_ids", texts),
        "variables": ("variables", conditions),
    },
    unavailable=(
        "activityIdIn caseInstanceId executedActivityAfter executedActivityBefore executedJobAfter executedJobBefore"
        " incidentIdIn orQueries subCaseInstanceId superCaseInstanceId tenantIdIn variableNamesIgnoreCase"
        " variableValuesIgnoreCase withRootIncidents"
    ),
    orders="instanceId definitionId definitionKey definitionName definitionVersion businessKey startTime endTime",
)
ACTIVITIES = Query(
    criteria={
        "activityInstanceId": ("activity_instance_id", text),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "processDefinitionId": ("definition_id", text),
        "activityId": ("activity_id", text),
        "activityIdIn": ("activity_ids", texts),
        "activityName": ("activity_name", text),
        "activityType": ("activity_type", text),
        "taskAssignee": ("assignee", text),
        "finished": ("finished", only_true),
        "unfinished": ("finished", not_true),
        "canceled": ("canceled", only_true),
        "completeScope": ("complete_scope", only_true),
        "startedBefore": ("started_before", date),
        "startedAfter": ("started_after", date),
        "finishedBefore": ("finished_before", date),
        "finishedAfter": ("finished_after", date),
    },
    unavailable="tenantIdIn",
    orders=(
        "activityInstanceId instanceId executionId activityId activityName activityType startTime endTime definitionId"
        " occurrence"
    ),
)
TASKS = Query(
    criteria={
        "taskId": ("task_id", text),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "rootProcessInstanceId": ("root_id", text),
        "processInstanceBusinessKey": ("business_key", text),
        "processInstanceBusinessKeyIn": ("business_keys", texts),
        "processInstanceBusinessKeyLike": ("business_key_like", text),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionName": ("definition_name", text),
        "taskDefinitionKey": ("task_definition_key", text),
        "taskDefinitionKeyIn": ("task_definition_keys", texts),
        "taskName": ("name", text),
        "taskNameLike": ("name_like", text),
        "taskDescription": ("description", text),
        "taskDescriptionLike": ("description_like", text),
        "assigned": ("assigned", only_true),
        "unassigned": ("assigned", not_true),
        "taskAssignee": ("assignee", text),
        "taskAssigneeLike": ("assignee_like", text),
        "taskOwner": ("owner", text),
        "taskOwnerLike": ("owner_like", text),
        "taskPriority": ("priority", integer),
        "taskDeleteReason": ("delete_reason", text),
        "finished": ("finished", only_true),
        "unfinished": ("finished", not_true),
        "processFinished": ("instance_finished", only_true),
        "processUnfinished": ("instance_finished", not_true),
        "taskDueDateBefore": ("due_before", date),
        "taskDueDateAfter": ("due_after", date),
        "startedBefore": ("started_before", date),
        "startedAfter": ("started_after", date),
        "finishedBefore": ("finished_before", date),
        "finishedAfter": ("finished_after", date),
        "processVariables": ("process_variables", conditions),
        "taskVariables": ("task_variables", conditions),
    },
    unavailable=(
        "activityInstanceIdIn caseDefinitionId caseDefinitionKey caseDefinitionName caseExecutionId caseInstanceId"
        " orQueries taskDeleteReasonLike taskDueDate taskFollowUpDate taskFollowUpDateAfter taskFollowUpDateBefore"
        " taskHadCandidateGroup taskHadCandidateUser taskInvolvedGroup taskInvolvedUser taskParentTaskId tenantIdIn"
        " variableNamesIgnoreCase variableValuesIgnoreCase withCandidateGroups withoutCandidateGroups"
        " withoutTaskDueDate"
    ),
    orders=(
        "taskId activityInstanceId processDefinitionId processInstanceId executionId startTime endTime taskName"
        " taskDescription assignee owner dueDate followUpDate deleteReason taskDefinitionKey priority"
    ),
)
VARIABLES = Query(
    criteria={
        "variableName": ("name", text),
        "variableNameIn": ("names", texts),
        "variableNameLike": ("name_like", text),
        "variableTypeIn": ("types", texts),
        "processInstanceId": ("instance_id", text),
        "processInstanceIdIn": ("instance_ids", texts),
        "executionIdIn": ("instance_ids", texts),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "activityInstanceIdIn": ("scope_ids", texts),
        "taskIdIn": ("task_ids", texts),
        "includeDeleted": ("include_deleted", only_true),
    },
    unavailable=(
        "caseActivityIdIn caseExecutionIdIn caseInstanceId tenantIdIn variableNamesIgnoreCase variableValue"
        " variableValuesIgnoreCase"
    ),
    orders="instanceId variableName",
)
INCIDENTS = Query(
    criteria={
        "incidentId": ("incident_id", text),
        "incidentType": ("kind", text),
        "incidentMessage": ("message", text),
        "incidentMessageLike": ("message_like", text),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "processDefinitionKeyIn": ("definition_keys", texts),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "createTimeBefore": ("created_before", date),
        "createTimeAfter": ("created_after", date),
        "endTimeBefore": ("ended_before", date),
        "endTimeAfter": ("ended_after", date),
        "activityId": ("activity_id", text),
        "failedActivityId": ("failed_activity_id", text),
        "causeIncidentId": ("cause_incident_id", text),
        "rootCauseIncidentId": ("root_cause_incident_id", text),
        "configuration": ("configuration", text),
        "open": ("state", TrueMeans("open")),
        "resolved": ("state", TrueMeans("resolved")),
        "deleted": ("state", TrueMeans("deleted")),
    },
    unavailable="jobDefinitionIdIn tenantIdIn",
    orders=(
        "incidentId incidentMessage createTime endTime incidentType executionId activityId processInstanceId"
        " processDefinitionId processDefinitionKey causeIncidentId rootCauseIncidentId configuration incidentState"
    ),
)
